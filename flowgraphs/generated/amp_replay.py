#!/usr/bin/env python3
# -*- coding: utf-8 -*-

#
# SPDX-License-Identifier: GPL-3.0
#
# GNU Radio Python Flow Graph
# Title: AMP replay: a recording through a receiver
# Description: A recording through the receiver of a role
# GNU Radio version: 3.10.5.1

from flowgraphs.blocks.iq_source import IqSource
from flowgraphs.blocks.receiver import Receiver
from flowgraphs.entities import FramePrinter
from gnuradio import gr
from gnuradio.filter import firdes
from gnuradio.fft import window
import sys
import signal
from argparse import ArgumentParser
from gnuradio.eng_arg import eng_float, intx
from gnuradio import eng_notation




class amp_replay(gr.top_block):

    def __init__(self, phy=None, profile="11bp-2026.09", role="tag", path="recording.sigmf-data", datatype="cf32_le", scale=2048.0):
        gr.top_block.__init__(self, "AMP replay: a recording through a receiver", catch_exceptions=True)

        ##################################################
        # Parameters
        ##################################################
        self.phy = phy
        self.profile = profile
        self.role = role
        self.path = path
        self.datatype = datatype
        self.scale = scale

        ##################################################
        # Variables
        ##################################################
        self.frames = frames = phy or FramePrinter(role, profile)

        ##################################################
        # Blocks
        ##################################################

        self.source = IqSource(path, datatype, scale)
        self.receiver = Receiver(frames, role)


        ##################################################
        # Connections
        ##################################################
        self.connect((self.source, 0), (self.receiver, 0))


    def get_phy(self):
        return self.phy

    def set_phy(self, phy):
        self.phy = phy

    def get_profile(self):
        return self.profile

    def set_profile(self, profile):
        self.profile = profile

    def get_role(self):
        return self.role

    def set_role(self, role):
        self.role = role

    def get_path(self):
        return self.path

    def set_path(self, path):
        self.path = path

    def get_datatype(self):
        return self.datatype

    def set_datatype(self, datatype):
        self.datatype = datatype

    def get_scale(self):
        return self.scale

    def set_scale(self, scale):
        self.scale = scale

    def get_frames(self):
        return self.frames

    def set_frames(self, frames):
        self.frames = frames



def argument_parser():
    description = 'A recording through the receiver of a role'
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--profile", dest="profile", type=str, default="11bp-2026.09",
        help="Set Profile [default=%(default)r]")
    parser.add_argument(
        "--role", dest="role", type=str, default="tag",
        help="Set Role [default=%(default)r]")
    parser.add_argument(
        "--path", dest="path", type=str, default="recording.sigmf-data",
        help="Set Recording (data file) [default=%(default)r]")
    parser.add_argument(
        "--datatype", dest="datatype", type=str, default="cf32_le",
        help="Set SigMF datatype [default=%(default)r]")
    parser.add_argument(
        "--scale", dest="scale", type=eng_float, default=eng_notation.num_to_str(float(2048.0)),
        help="Set Integer full amplitude [default=%(default)r]")
    return parser


def main(top_block_cls=amp_replay, options=None):
    if options is None:
        options = argument_parser().parse_args()
    tb = top_block_cls(profile=options.profile, role=options.role, path=options.path, datatype=options.datatype, scale=options.scale)

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
