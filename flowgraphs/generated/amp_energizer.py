#!/usr/bin/env python3
# -*- coding: utf-8 -*-

#
# SPDX-License-Identifier: GPL-3.0
#
# GNU Radio Python Flow Graph
# Title: AMP energizer
# Description: Excitations over ZMQ to the air, when its AP's PHY says so
# GNU Radio version: 3.10.5.1

from flowgraphs.blocks.burst_scheduler import BurstScheduler
from gnuradio import gr
from gnuradio.filter import firdes
from gnuradio.fft import window
import sys
import signal
from argparse import ArgumentParser
from gnuradio.eng_arg import eng_float, intx
from gnuradio import eng_notation
from gnuradio import zeromq




class amp_energizer(gr.top_block):

    def __init__(self, phy=None, transmit_address="tcp://127.0.0.1:5556"):
        gr.top_block.__init__(self, "AMP energizer", catch_exceptions=True)

        ##################################################
        # Parameters
        ##################################################
        self.phy = phy
        self.transmit_address = transmit_address

        ##################################################
        # Variables
        ##################################################
        self.timeout_ms = timeout_ms = 2000

        ##################################################
        # Blocks
        ##################################################

        self.transmit_stream = zeromq.push_sink(gr.sizeof_gr_complex, 1, transmit_address, timeout_ms, False, (-1))
        self.scheduler = BurstScheduler(phy)


        ##################################################
        # Connections
        ##################################################
        self.connect((self.scheduler, 0), (self.transmit_stream, 0))


    def get_phy(self):
        return self.phy

    def set_phy(self, phy):
        self.phy = phy

    def get_transmit_address(self):
        return self.transmit_address

    def set_transmit_address(self, transmit_address):
        self.transmit_address = transmit_address

    def get_timeout_ms(self):
        return self.timeout_ms

    def set_timeout_ms(self, timeout_ms):
        self.timeout_ms = timeout_ms



def argument_parser():
    description = "Excitations over ZMQ to the air, when its AP's PHY says so"
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--transmit-address", dest="transmit_address", type=str, default="tcp://127.0.0.1:5556",
        help="Set Transmit stream (ZMQ) [default=%(default)r]")
    return parser


def main(top_block_cls=amp_energizer, options=None):
    if options is None:
        options = argument_parser().parse_args()
    tb = top_block_cls(transmit_address=options.transmit_address)

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
