#!/usr/bin/env python3
# -*- coding: utf-8 -*-

#
# SPDX-License-Identifier: GPL-3.0
#
# GNU Radio Python Flow Graph
# Title: AMP access point on a PlutoSDR
# Description: Samples of a PlutoSDR by gr-iio's blocks, sent without a seam; PSDUs over the PHY-SAP
# GNU Radio version: 3.10.5.1

from flowgraphs.blocks.burst_scheduler import BurstScheduler
from flowgraphs.blocks.receiver import Receiver
from flowgraphs.pluto_entities import served_pluto
from gnuradio import gr
from gnuradio.filter import firdes
from gnuradio.fft import window
import sys
import signal
from argparse import ArgumentParser
from gnuradio.eng_arg import eng_float, intx
from gnuradio import eng_notation
from gnuradio import iio




class amp_pluto_ap(gr.top_block):

    def __init__(self, phy=None, sap="tcp://127.0.0.1:5554", profile="11bp-2026.09", uri="ip:192.168.2.1", samp_rate=4000000, centre=2437000000, gain=40.0, attenuation=20.0, block=16384, send_block=32768):
        gr.top_block.__init__(self, "AMP access point on a PlutoSDR", catch_exceptions=True)

        ##################################################
        # Parameters
        ##################################################
        self.phy = phy
        self.sap = sap
        self.profile = profile
        self.uri = uri
        self.samp_rate = samp_rate
        self.centre = centre
        self.gain = gain
        self.attenuation = attenuation
        self.block = block
        self.send_block = send_block

        ##################################################
        # Variables
        ##################################################
        self.entity = entity = phy or served_pluto(sap, 'ap', profile, uri, samp_rate, centre, gain, attenuation, block)

        ##################################################
        # Blocks
        ##################################################

        self.sent = iio.fmcomms2_sink_fc32(uri if uri else iio.get_pluto_uri(), [True, True], send_block, False)
        self.sent.set_len_tag_key('')
        self.sent.set_bandwidth(samp_rate)
        self.sent.set_frequency(centre)
        self.sent.set_samplerate(samp_rate)
        self.sent.set_attenuation(0, attenuation)
        self.sent.set_filter_params('Off', '', 0, 0)
        self.scheduler = BurstScheduler(entity)
        self.scheduler.set_min_output_buffer((2**18))
        self.receiver = Receiver(entity, 'ap')
        self.heard = iio.fmcomms2_source_fc32(uri if uri else iio.get_pluto_uri(), [True, True], block)
        self.heard.set_len_tag_key('')
        self.heard.set_frequency(centre)
        self.heard.set_samplerate(samp_rate)
        self.heard.set_gain_mode(0, 'manual')
        self.heard.set_gain(0, gain)
        self.heard.set_quadrature(True)
        self.heard.set_rfdc(True)
        self.heard.set_bbdc(True)
        self.heard.set_filter_params('Off', '', 0, 0)


        ##################################################
        # Connections
        ##################################################
        self.connect((self.heard, 0), (self.receiver, 0))
        self.connect((self.scheduler, 0), (self.sent, 0))


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

    def get_uri(self):
        return self.uri

    def set_uri(self, uri):
        self.uri = uri

    def get_samp_rate(self):
        return self.samp_rate

    def set_samp_rate(self, samp_rate):
        self.samp_rate = samp_rate
        self.heard.set_samplerate(self.samp_rate)
        self.sent.set_bandwidth(self.samp_rate)
        self.sent.set_samplerate(self.samp_rate)

    def get_centre(self):
        return self.centre

    def set_centre(self, centre):
        self.centre = centre
        self.heard.set_frequency(self.centre)
        self.sent.set_frequency(self.centre)

    def get_gain(self):
        return self.gain

    def set_gain(self, gain):
        self.gain = gain
        self.heard.set_gain(0, self.gain)

    def get_attenuation(self):
        return self.attenuation

    def set_attenuation(self, attenuation):
        self.attenuation = attenuation
        self.sent.set_attenuation(0,self.attenuation)

    def get_block(self):
        return self.block

    def set_block(self, block):
        self.block = block

    def get_send_block(self):
        return self.send_block

    def set_send_block(self, send_block):
        self.send_block = send_block

    def get_entity(self):
        return self.entity

    def set_entity(self, entity):
        self.entity = entity



def argument_parser():
    description = "Samples of a PlutoSDR by gr-iio's blocks, sent without a seam; PSDUs over the PHY-SAP"
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--sap", dest="sap", type=str, default="tcp://127.0.0.1:5554",
        help="Set PHY-SAP (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--profile", dest="profile", type=str, default="11bp-2026.09",
        help="Set Profile [default=%(default)r]")
    parser.add_argument(
        "--uri", dest="uri", type=str, default="ip:192.168.2.1",
        help="Set PlutoSDR (libiio URI) [default=%(default)r]")
    parser.add_argument(
        "--samp-rate", dest="samp_rate", type=intx, default=4000000,
        help="Set Sample rate [default=%(default)r]")
    parser.add_argument(
        "--centre", dest="centre", type=intx, default=2437000000,
        help="Set Centre frequency [default=%(default)r]")
    parser.add_argument(
        "--gain", dest="gain", type=eng_float, default=eng_notation.num_to_str(float(40.0)),
        help="Set Receive gain (dB) [default=%(default)r]")
    parser.add_argument(
        "--attenuation", dest="attenuation", type=eng_float, default=eng_notation.num_to_str(float(20.0)),
        help="Set Transmit attenuation (dB) [default=%(default)r]")
    parser.add_argument(
        "--block", dest="block", type=intx, default=16384,
        help="Set Buffer size [default=%(default)r]")
    parser.add_argument(
        "--send-block", dest="send_block", type=intx, default=32768,
        help="Set Buffer size of the sink [default=%(default)r]")
    return parser


def main(top_block_cls=amp_pluto_ap, options=None):
    if options is None:
        options = argument_parser().parse_args()
    tb = top_block_cls(sap=options.sap, profile=options.profile, uri=options.uri, samp_rate=options.samp_rate, centre=options.centre, gain=options.gain, attenuation=options.attenuation, block=options.block, send_block=options.send_block)

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
