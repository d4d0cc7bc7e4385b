#!/usr/bin/env python3
# -*- coding: utf-8 -*-

#
# SPDX-License-Identifier: GPL-3.0
#
# GNU Radio Python Flow Graph
# Title: AMP access point
# Description: Samples over ZMQ to and from the air; PSDUs over the PHY-SAP
# GNU Radio version: 3.10.5.1

from flowgraphs.blocks.burst_scheduler import BurstScheduler
from flowgraphs.blocks.iq_recorder import IqRecorder
from flowgraphs.blocks.receiver import Receiver
from flowgraphs.entities import served_phy
from gnuradio import gr
from gnuradio.filter import firdes
from gnuradio.fft import window
import sys
import signal
from argparse import ArgumentParser
from gnuradio.eng_arg import eng_float, intx
from gnuradio import eng_notation
from gnuradio import zeromq




class amp_ap(gr.top_block):

    def __init__(self, phy=None, sap="tcp://127.0.0.1:5554", profile="11bp-2026.09", receive_address="tcp://127.0.0.1:5551", transmit_address="tcp://127.0.0.1:5550", record_path="", record_datatype="cf32_le"):
        gr.top_block.__init__(self, "AMP access point", catch_exceptions=True)

        ##################################################
        # Parameters
        ##################################################
        self.phy = phy
        self.sap = sap
        self.profile = profile
        self.receive_address = receive_address
        self.transmit_address = transmit_address
        self.record_path = record_path
        self.record_datatype = record_datatype

        ##################################################
        # Variables
        ##################################################
        self.timeout_ms = timeout_ms = 2000
        self.stream_buffer = stream_buffer = 2**20
        self.entity = entity = phy or served_phy(sap, 'ap', profile)

        ##################################################
        # Blocks
        ##################################################

        self.transmit_stream = zeromq.push_sink(gr.sizeof_gr_complex, 1, transmit_address, timeout_ms, False, (-1))
        self.scheduler = BurstScheduler(entity)
        self.recorder = IqRecorder(record_path, record_datatype)
        self.receiver = Receiver(entity, 'ap')
        self.receive_stream = zeromq.pull_source(gr.sizeof_gr_complex, 1, receive_address, timeout_ms, False, (-1))
        self.receive_stream.set_min_output_buffer(stream_buffer)


        ##################################################
        # Connections
        ##################################################
        self.connect((self.receive_stream, 0), (self.receiver, 0))
        self.connect((self.receive_stream, 0), (self.recorder, 0))
        self.connect((self.scheduler, 0), (self.transmit_stream, 0))


    def get_phy(self):
        return self.phy

    def set_phy(self, phy):
        self.phy = phy

    def get_sap(self):
        return self.sap

    def set_sap(self, sap):
        self.sap = sap

    def get_profile(self):
        return self.profile

    def set_profile(self, profile):
        self.profile = profile

    def get_receive_address(self):
        return self.receive_address

    def set_receive_address(self, receive_address):
        self.receive_address = receive_address

    def get_transmit_address(self):
        return self.transmit_address

    def set_transmit_address(self, transmit_address):
        self.transmit_address = transmit_address

    def get_record_path(self):
        return self.record_path

    def set_record_path(self, record_path):
        self.record_path = record_path

    def get_record_datatype(self):
        return self.record_datatype

    def set_record_datatype(self, record_datatype):
        self.record_datatype = record_datatype

    def get_timeout_ms(self):
        return self.timeout_ms

    def set_timeout_ms(self, timeout_ms):
        self.timeout_ms = timeout_ms

    def get_stream_buffer(self):
        return self.stream_buffer

    def set_stream_buffer(self, stream_buffer):
        self.stream_buffer = stream_buffer

    def get_entity(self):
        return self.entity

    def set_entity(self, entity):
        self.entity = entity



def argument_parser():
    description = 'Samples over ZMQ to and from the air; PSDUs over the PHY-SAP'
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--sap", dest="sap", type=str, default="tcp://127.0.0.1:5554",
        help="Set PHY-SAP (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--profile", dest="profile", type=str, default="11bp-2026.09",
        help="Set Profile [default=%(default)r]")
    parser.add_argument(
        "--receive-address", dest="receive_address", type=str, default="tcp://127.0.0.1:5551",
        help="Set Receive stream (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--transmit-address", dest="transmit_address", type=str, default="tcp://127.0.0.1:5550",
        help="Set Transmit stream (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--record-path", dest="record_path", type=str, default="",
        help="Set SigMF data file [default=%(default)r]")
    parser.add_argument(
        "--record-datatype", dest="record_datatype", type=str, default="cf32_le",
        help="Set SigMF datatype [default=%(default)r]")
    return parser


def main(top_block_cls=amp_ap, options=None):
    if options is None:
        options = argument_parser().parse_args()
    tb = top_block_cls(sap=options.sap, profile=options.profile, receive_address=options.receive_address, transmit_address=options.transmit_address, record_path=options.record_path, record_datatype=options.record_datatype)

    def sig_handler(sig=None, frame=None):
        tb.stop()
        tb.wait()

        sys.exit(0)

    signal.signal(signal.SIGINT, sig_handler)
    signal.signal(signal.SIGTERM, sig_handler)

    tb.start()

    tb.wait()


if __name__ == '__main__':
    main()
