#!/usr/bin/env python3
# -*- coding: utf-8 -*-

#
# SPDX-License-Identifier: GPL-3.0
#
# GNU Radio Python Flow Graph
# Title: AMP air: one AP, one bistatic tag, one energizer
# Description: A 40 MHz channel: what an energizer radiates, to the AP and by way of a tag that shifts and keys it
# GNU Radio version: 3.10.5.1

from flowgraphs.blocks.air_path import AirPath
from flowgraphs.blocks.air_stages import AirStages
from flowgraphs.blocks.reflection import Reflection
from gnuradio import analog
from gnuradio import blocks
from gnuradio import gr
from gnuradio.filter import firdes
from gnuradio.fft import window
import sys
import signal
from argparse import ArgumentParser
from gnuradio.eng_arg import eng_float, intx
from gnuradio import eng_notation
from gnuradio import zeromq




class amp_bistatic_air(gr.top_block):

    def __init__(self, samp_rate=40e6, ap_transmit="tcp://127.0.0.1:5550", ap_receive="tcp://127.0.0.1:5551", tag_transmit="tcp://127.0.0.1:5552", tag_receive="tcp://127.0.0.1:5553", energizer_transmit="tcp://127.0.0.1:5556", downlink_gain_db=0, downlink_delay_samples=0, downlink_taps=(), downlink_noise=0.1, downlink_seed=1, downlink_way=(), downlink_receiver=(), uplink_gain_db=0, uplink_delay_samples=0, uplink_taps=(), uplink_noise=0.1, uplink_seed=2, uplink_way=(), uplink_receiver=(), lit_gain_db=0, lit_delay_samples=0, lit_taps=(), incident_delay_samples=0, incident_taps=(), direct_gain_db=0, direct_delay_samples=0, direct_taps=()):
        gr.top_block.__init__(self, "AMP air: one AP, one bistatic tag, one energizer", catch_exceptions=True)

        ##################################################
        # Parameters
        ##################################################
        self.samp_rate = samp_rate
        self.ap_transmit = ap_transmit
        self.ap_receive = ap_receive
        self.tag_transmit = tag_transmit
        self.tag_receive = tag_receive
        self.energizer_transmit = energizer_transmit
        self.downlink_gain_db = downlink_gain_db
        self.downlink_delay_samples = downlink_delay_samples
        self.downlink_taps = downlink_taps
        self.downlink_noise = downlink_noise
        self.downlink_seed = downlink_seed
        self.downlink_way = downlink_way
        self.downlink_receiver = downlink_receiver
        self.uplink_gain_db = uplink_gain_db
        self.uplink_delay_samples = uplink_delay_samples
        self.uplink_taps = uplink_taps
        self.uplink_noise = uplink_noise
        self.uplink_seed = uplink_seed
        self.uplink_way = uplink_way
        self.uplink_receiver = uplink_receiver
        self.lit_gain_db = lit_gain_db
        self.lit_delay_samples = lit_delay_samples
        self.lit_taps = lit_taps
        self.incident_delay_samples = incident_delay_samples
        self.incident_taps = incident_taps
        self.direct_gain_db = direct_gain_db
        self.direct_delay_samples = direct_delay_samples
        self.direct_taps = direct_taps

        ##################################################
        # Variables
        ##################################################
        self.timeout_ms = timeout_ms = 2000
        self.stream_buffer = stream_buffer = 2**20

        ##################################################
        # Blocks
        ##################################################

        self.uplink_thermal = analog.noise_source_c(analog.GR_GAUSSIAN, uplink_noise, uplink_seed)
        self.uplink_sum = blocks.add_vcc(1)
        self.uplink_path = AirPath(samp_rate, uplink_gain_db, uplink_delay_samples, uplink_taps, 0, 0, uplink_way)
        self.uplink_front = AirStages(uplink_receiver, False)
        self.to_tag = zeromq.push_sink(gr.sizeof_gr_complex, 1, tag_receive, timeout_ms, False, (-1))
        self.to_ap = zeromq.push_sink(gr.sizeof_gr_complex, 1, ap_receive, timeout_ms, False, (-1))
        self.reflected = Reflection(True, samp_rate, incident_delay_samples, incident_taps, 0, ())
        self.lit_path = AirPath(samp_rate, lit_gain_db, lit_delay_samples, lit_taps, 0, 0, ())
        self.from_tag = zeromq.pull_source(gr.sizeof_gr_complex, 1, tag_transmit, timeout_ms, False, (-1))
        self.from_tag.set_min_output_buffer(stream_buffer)
        self.from_energizer = zeromq.pull_source(gr.sizeof_gr_complex, 1, energizer_transmit, timeout_ms, False, (-1))
        self.from_energizer.set_min_output_buffer(stream_buffer)
        self.from_ap = zeromq.pull_source(gr.sizeof_gr_complex, 1, ap_transmit, timeout_ms, False, (-1))
        self.from_ap.set_min_output_buffer(stream_buffer)
        self.downlink_thermal = analog.noise_source_c(analog.GR_GAUSSIAN, downlink_noise, downlink_seed)
        self.downlink_sum = blocks.add_vcc(1)
        self.downlink_path = AirPath(samp_rate, downlink_gain_db, downlink_delay_samples, downlink_taps, 0, 0, downlink_way)
        self.downlink_front = AirStages(downlink_receiver, False)
        self.direct_path = AirPath(samp_rate, direct_gain_db, direct_delay_samples, direct_taps, 0, 0, ())


        ##################################################
        # Connections
        ##################################################
        self.connect((self.direct_path, 0), (self.uplink_sum, 2))
        self.connect((self.downlink_front, 0), (self.to_tag, 0))
        self.connect((self.downlink_path, 0), (self.downlink_sum, 0))
        self.connect((self.downlink_sum, 0), (self.downlink_front, 0))
        self.connect((self.downlink_thermal, 0), (self.downlink_sum, 1))
        self.connect((self.from_ap, 0), (self.downlink_path, 0))
        self.connect((self.from_energizer, 0), (self.direct_path, 0))
        self.connect((self.from_energizer, 0), (self.lit_path, 0))
        self.connect((self.from_energizer, 0), (self.reflected, 1))
        self.connect((self.from_tag, 0), (self.reflected, 0))
        self.connect((self.lit_path, 0), (self.downlink_sum, 2))
        self.connect((self.reflected, 0), (self.uplink_path, 0))
        self.connect((self.uplink_front, 0), (self.to_ap, 0))
        self.connect((self.uplink_path, 0), (self.uplink_sum, 0))
        self.connect((self.uplink_sum, 0), (self.uplink_front, 0))
        self.connect((self.uplink_thermal, 0), (self.uplink_sum, 1))


    def get_samp_rate(self):
        return self.samp_rate

    def set_samp_rate(self, samp_rate):
        self.samp_rate = samp_rate

    def get_ap_transmit(self):
        return self.ap_transmit

    def set_ap_transmit(self, ap_transmit):
        self.ap_transmit = ap_transmit

    def get_ap_receive(self):
        return self.ap_receive

    def set_ap_receive(self, ap_receive):
        self.ap_receive = ap_receive

    def get_tag_transmit(self):
        return self.tag_transmit

    def set_tag_transmit(self, tag_transmit):
        self.tag_transmit = tag_transmit

    def get_tag_receive(self):
        return self.tag_receive

    def set_tag_receive(self, tag_receive):
        self.tag_receive = tag_receive

    def get_energizer_transmit(self):
        return self.energizer_transmit

    def set_energizer_transmit(self, energizer_transmit):
        self.energizer_transmit = energizer_transmit

    def get_downlink_gain_db(self):
        return self.downlink_gain_db

    def set_downlink_gain_db(self, downlink_gain_db):
        self.downlink_gain_db = downlink_gain_db

    def get_downlink_delay_samples(self):
        return self.downlink_delay_samples

    def set_downlink_delay_samples(self, downlink_delay_samples):
        self.downlink_delay_samples = downlink_delay_samples

    def get_downlink_taps(self):
        return self.downlink_taps

    def set_downlink_taps(self, downlink_taps):
        self.downlink_taps = downlink_taps

    def get_downlink_noise(self):
        return self.downlink_noise

    def set_downlink_noise(self, downlink_noise):
        self.downlink_noise = downlink_noise
        self.downlink_thermal.set_amplitude(self.downlink_noise)

    def get_downlink_seed(self):
        return self.downlink_seed

    def set_downlink_seed(self, downlink_seed):
        self.downlink_seed = downlink_seed

    def get_downlink_way(self):
        return self.downlink_way

    def set_downlink_way(self, downlink_way):
        self.downlink_way = downlink_way

    def get_downlink_receiver(self):
        return self.downlink_receiver

    def set_downlink_receiver(self, downlink_receiver):
        self.downlink_receiver = downlink_receiver

    def get_uplink_gain_db(self):
        return self.uplink_gain_db

    def set_uplink_gain_db(self, uplink_gain_db):
        self.uplink_gain_db = uplink_gain_db

    def get_uplink_delay_samples(self):
        return self.uplink_delay_samples

    def set_uplink_delay_samples(self, uplink_delay_samples):
        self.uplink_delay_samples = uplink_delay_samples

    def get_uplink_taps(self):
        return self.uplink_taps

    def set_uplink_taps(self, uplink_taps):
        self.uplink_taps = uplink_taps

    def get_uplink_noise(self):
        return self.uplink_noise

    def set_uplink_noise(self, uplink_noise):
        self.uplink_noise = uplink_noise
        self.uplink_thermal.set_amplitude(self.uplink_noise)

    def get_uplink_seed(self):
        return self.uplink_seed

    def set_uplink_seed(self, uplink_seed):
        self.uplink_seed = uplink_seed

    def get_uplink_way(self):
        return self.uplink_way

    def set_uplink_way(self, uplink_way):
        self.uplink_way = uplink_way

    def get_uplink_receiver(self):
        return self.uplink_receiver

    def set_uplink_receiver(self, uplink_receiver):
        self.uplink_receiver = uplink_receiver

    def get_lit_gain_db(self):
        return self.lit_gain_db

    def set_lit_gain_db(self, lit_gain_db):
        self.lit_gain_db = lit_gain_db

    def get_lit_delay_samples(self):
        return self.lit_delay_samples

    def set_lit_delay_samples(self, lit_delay_samples):
        self.lit_delay_samples = lit_delay_samples

    def get_lit_taps(self):
        return self.lit_taps

    def set_lit_taps(self, lit_taps):
        self.lit_taps = lit_taps

    def get_incident_delay_samples(self):
        return self.incident_delay_samples

    def set_incident_delay_samples(self, incident_delay_samples):
        self.incident_delay_samples = incident_delay_samples

    def get_incident_taps(self):
        return self.incident_taps

    def set_incident_taps(self, incident_taps):
        self.incident_taps = incident_taps

    def get_direct_gain_db(self):
        return self.direct_gain_db

    def set_direct_gain_db(self, direct_gain_db):
        self.direct_gain_db = direct_gain_db

    def get_direct_delay_samples(self):
        return self.direct_delay_samples

    def set_direct_delay_samples(self, direct_delay_samples):
        self.direct_delay_samples = direct_delay_samples

    def get_direct_taps(self):
        return self.direct_taps

    def set_direct_taps(self, direct_taps):
        self.direct_taps = direct_taps

    def get_timeout_ms(self):
        return self.timeout_ms

    def set_timeout_ms(self, timeout_ms):
        self.timeout_ms = timeout_ms

    def get_stream_buffer(self):
        return self.stream_buffer

    def set_stream_buffer(self, stream_buffer):
        self.stream_buffer = stream_buffer



def argument_parser():
    description = 'A 40 MHz channel: what an energizer radiates, to the AP and by way of a tag that shifts and keys it'
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--samp-rate", dest="samp_rate", type=eng_float, default=eng_notation.num_to_str(float(40e6)),
        help="Set Sample rate (S/s) [default=%(default)r]")
    parser.add_argument(
        "--ap-transmit", dest="ap_transmit", type=str, default="tcp://127.0.0.1:5550",
        help="Set From the AP (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--ap-receive", dest="ap_receive", type=str, default="tcp://127.0.0.1:5551",
        help="Set To the AP (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--tag-transmit", dest="tag_transmit", type=str, default="tcp://127.0.0.1:5552",
        help="Set From the tag (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--tag-receive", dest="tag_receive", type=str, default="tcp://127.0.0.1:5553",
        help="Set To the tag (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--energizer-transmit", dest="energizer_transmit", type=str, default="tcp://127.0.0.1:5556",
        help="Set From the energizer (ZMQ) [default=%(default)r]")
    parser.add_argument(
        "--downlink-gain-db", dest="downlink_gain_db", type=eng_float, default=eng_notation.num_to_str(float(0)),
        help="Set downlink gain (dB) [default=%(default)r]")
    parser.add_argument(
        "--downlink-delay-samples", dest="downlink_delay_samples", type=intx, default=0,
        help="Set downlink delay (samples) [default=%(default)r]")
    parser.add_argument(
        "--downlink-noise", dest="downlink_noise", type=eng_float, default=eng_notation.num_to_str(float(0.1)),
        help="Set downlink noise amplitude [default=%(default)r]")
    parser.add_argument(
        "--downlink-seed", dest="downlink_seed", type=intx, default=1,
        help="Set downlink noise seed [default=%(default)r]")
    parser.add_argument(
        "--uplink-gain-db", dest="uplink_gain_db", type=eng_float, default=eng_notation.num_to_str(float(0)),
        help="Set uplink gain (dB) [default=%(default)r]")
    parser.add_argument(
        "--uplink-delay-samples", dest="uplink_delay_samples", type=intx, default=0,
        help="Set uplink delay (samples) [default=%(default)r]")
    parser.add_argument(
        "--uplink-noise", dest="uplink_noise", type=eng_float, default=eng_notation.num_to_str(float(0.1)),
        help="Set uplink noise amplitude [default=%(default)r]")
    parser.add_argument(
        "--uplink-seed", dest="uplink_seed", type=intx, default=2,
        help="Set uplink noise seed [default=%(default)r]")
    parser.add_argument(
        "--lit-gain-db", dest="lit_gain_db", type=eng_float, default=eng_notation.num_to_str(float(0)),
        help="Set energizer to tag gain (dB) [default=%(default)r]")
    parser.add_argument(
        "--lit-delay-samples", dest="lit_delay_samples", type=intx, default=0,
        help="Set energizer to tag delay (samples) [default=%(default)r]")
    parser.add_argument(
        "--incident-delay-samples", dest="incident_delay_samples", type=intx, default=0,
        help="Set energizer to reflection delay (samples) [default=%(default)r]")
    parser.add_argument(
        "--direct-gain-db", dest="direct_gain_db", type=eng_float, default=eng_notation.num_to_str(float(0)),
        help="Set energizer to AP gain (dB) [default=%(default)r]")
    parser.add_argument(
        "--direct-delay-samples", dest="direct_delay_samples", type=intx, default=0,
        help="Set energizer to AP delay (samples) [default=%(default)r]")
    return parser


def main(top_block_cls=amp_bistatic_air, options=None):
    if options is None:
        options = argument_parser().parse_args()
    tb = top_block_cls(samp_rate=options.samp_rate, ap_transmit=options.ap_transmit, ap_receive=options.ap_receive, tag_transmit=options.tag_transmit, tag_receive=options.tag_receive, energizer_transmit=options.energizer_transmit, downlink_gain_db=options.downlink_gain_db, downlink_delay_samples=options.downlink_delay_samples, downlink_noise=options.downlink_noise, downlink_seed=options.downlink_seed, uplink_gain_db=options.uplink_gain_db, uplink_delay_samples=options.uplink_delay_samples, uplink_noise=options.uplink_noise, uplink_seed=options.uplink_seed, lit_gain_db=options.lit_gain_db, lit_delay_samples=options.lit_delay_samples, incident_delay_samples=options.incident_delay_samples, direct_gain_db=options.direct_gain_db, direct_delay_samples=options.direct_delay_samples)

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
