-- Made by `python -m testbed.wireshark.tables` of the layouts beside it and of engine.lua: edit those.
local T = {
 ["filter"]="amp11bp",
 ["profile"]="11bp-2026.09",
 ["magic"]="AMPR",
 ["version"]=1,
 ["header_octets"]=96,
 ["tlv"]={["node"]=1,["parameters"]=2,["decrypted"]=3},
 ["sent"]=1,
 ["downlink"]=2,
 ["radio"]={
  {["f"]="radio.version",["at"]=4,["n"]=1,["t"]="uint8",["p"]=0,["s"]=false},
  {["f"]="radio.kind",["at"]=5,["n"]=1,["t"]="uint8",["p"]=0,["s"]=false},
  {["f"]="radio.length",["at"]=6,["n"]=2,["t"]="uint16",["p"]=0,["s"]=false},
  {["f"]="radio.flags",["at"]=8,["n"]=4,["t"]="uint32",["p"]=0,["s"]=false},
  {["f"]="radio.rate",["at"]=12,["n"]=4,["t"]="uint32",["p"]=0,["s"]=false},
  {["f"]="radio.start_ns",["at"]=16,["n"]=8,["t"]="int64",["p"]=0,["s"]=false},
  {["f"]="radio.end_ns",["at"]=24,["n"]=8,["t"]="int64",["p"]=0,["s"]=false},
  {["f"]="radio.start_sample",["at"]=32,["n"]=8,["t"]="int64",["p"]=16,["s"]=false},
  {["f"]="radio.carrier",["at"]=40,["n"]=8,["t"]="uint64",["p"]=0,["s"]=false},
  {["f"]="radio.channel_offset",["at"]=48,["n"]=4,["t"]="int32",["p"]=0,["s"]=false},
  {["f"]="radio.snr",["at"]=52,["n"]=4,["t"]="float",["p"]=32,["s"]=false},
  {["f"]="radio.rssi",["at"]=56,["n"]=4,["t"]="float",["p"]=64,["s"]=false},
  {["f"]="radio.clock",["at"]=60,["n"]=4,["t"]="float",["p"]=128,["s"]=false},
  {["f"]="radio.cfo",["at"]=64,["n"]=4,["t"]="float",["p"]=256,["s"]=false},
  {["f"]="radio.isolation",["at"]=68,["n"]=4,["t"]="float",["p"]=2048,["s"]=false},
  {["f"]="radio.residual",["at"]=72,["n"]=4,["t"]="float",["p"]=4096,["s"]=false},
  {["f"]="radio.partial_id",["at"]=76,["n"]=1,["t"]="uint8",["p"]=512,["s"]=false},
  {["f"]="radio.seed_index",["at"]=77,["n"]=1,["t"]="uint8",["p"]=1024,["s"]=false},
  {["f"]="radio.sta_id",["at"]=78,["n"]=2,["t"]="uint16",["p"]=0,["s"]=true},
  {["f"]="radio.wup",["at"]=80,["n"]=4,["t"]="uint32",["p"]=0,["s"]=true},
  {["f"]="radio.excitation",["at"]=84,["n"]=4,["t"]="uint32",["p"]=0,["s"]=true},
  {["f"]="radio.cut_off",["at"]=88,["n"]=4,["t"]="uint32",["p"]=0,["s"]=true},
  {["f"]="radio.session_id",["at"]=92,["n"]=1,["t"]="uint8",["p"]=0,["s"]=true},
 },
 ["radio_flags"]={
  "radio.sent",
  "radio.downlink",
  "radio.ap",
  "radio.has_sample",
  "radio.has_snr",
  "radio.has_rssi",
  "radio.has_clock",
  "radio.has_cfo",
  "radio.has_partial_id",
  "radio.has_seed",
  "radio.has_isolation",
  "radio.has_residual",
  "radio.long_padding",
  "radio.multi_txop",
  "radio.upper_half",
  "radio.shift_up",
 },
 ["short"]={[6]=true,[11]=true},
 ["shimmed"]={[12]=true,[13]=true},
 ["excitation"]=11,
 ["broadcast_only"]={[7]=true,[8]=true},
 ["mac_header"]=5,
 ["fcs"]=2,
 ["short_octets"]=4,
 ["broadcast"]=65535,
 ["protected_bit"]=4,
 ["slot_unit_us"]=4.0,
 ["fragments_max"]=8,
 ["id_octets"]={[0]=20,[1]=8,[2]=12,[3]=8},
 ["mac_lengths"]={[0]=0,[1]=4,[2]=8,[3]=16},
 ["lengths"]={
  {
   ["number"]=1,
   ["name"]="s1_nonce",
   ["default"]=16,
   ["words"]="S1: octets of ANonce and SNonce",
  },
  {
   ["number"]=2,
   ["name"]="s1_modifier",
   ["default"]=8,
   ["words"]="S1: octets of the Modifier",
  },
  {["number"]=3,["name"]="s1_mic",["default"]=8,["words"]="S1: octets of the MIC"},
  {["number"]=4,["name"]="s2_hash",["default"]=8,["words"]="S2: octets of H(A_pubk)"},
  {
   ["number"]=5,
   ["name"]="s2_tag",
   ["default"]=4,
   ["words"]="S2: octets of the tag of REQ and RES",
  },
  {["number"]=6,["name"]="s3_id_mode",["default"]=1,["words"]="S3: ID mode (0 to 3)"},
  {
   ["number"]=7,
   ["name"]="s3_policy",
   ["default"]=37,
   ["words"]="S3: the stored policy octet",
  },
  {
   ["number"]=8,
   ["name"]="s5_full",
   ["default"]=0,
   ["words"]="S5: 1 where MIS frames are whole, 0 for the lite encoding",
  },
 },
 ["type_names"]={
  [0]="WUR Beacon",
  [1]="WUR Wake-up",
  [2]="WUR Vendor",
  [3]="WUR Discovery",
  [4]="WUR Short Wake-up",
  [5]="Trigger",
  [6]="Ack",
  [7]="Group Ack",
  [8]="SP Advert",
  [9]="Response",
  [10]="RFID",
  [11]="Excitation",
  [12]="Data",
  [13]="Authentication",
  [14]="type 14",
  [15]="type 15",
 },
 ["prof_names"]={
  [1]={[1]="literal",[2]="hardened",[3]="ascon"},
  [2]={[1]="S2-L literal",[2]="S2-A hardened",[3]="S2-B identity-hiding"},
  [3]={[1]="S3-L literal",[2]="S3-F policy floor",[3]="S3-H hardened"},
  [4]={[1]="lite",[2]="full"},
  [5]={[1]="legacy",[2]="remedy 1",[3]="remedy 2"},
 },
 ["names"]={
  ["1.0"]="S1 message 0",
  ["1.1"]="SEC-TRIGGER",
  ["1.2"]="SEC-RESPONSE",
  ["1.3"]="SEC-CONFIRM",
  ["1.4"]="SEC-ACK",
  ["1.5"]="PMK-UPDATE",
  ["1.6"]="PMK-UPDATED",
  ["1.7"]="S1 message 7",
  ["1.8"]="S1 message 8",
  ["1.9"]="S1 message 9",
  ["1.10"]="S1 message 10",
  ["1.11"]="S1 message 11",
  ["1.12"]="S1 message 12",
  ["1.13"]="S1 message 13",
  ["1.14"]="S1 message 14",
  ["1.15"]="S1 message 15",
  ["1.16"]="S1 message 16",
  ["1.17"]="S1 message 17",
  ["1.18"]="S1 message 18",
  ["1.19"]="S1 message 19",
  ["1.20"]="S1 message 20",
  ["1.21"]="S1 message 21",
  ["1.22"]="S1 message 22",
  ["1.23"]="S1 message 23",
  ["1.24"]="S1 message 24",
  ["1.25"]="S1 message 25",
  ["1.26"]="S1 message 26",
  ["1.27"]="S1 message 27",
  ["1.28"]="S1 message 28",
  ["1.29"]="S1 message 29",
  ["1.30"]="S1 message 30",
  ["1.31"]="S1 message 31",
  ["2.0"]="S2 message 0",
  ["2.1"]="PROV",
  ["2.2"]="PROV-CONFIRM",
  ["2.3"]="REQ-SENSOR-DATA",
  ["2.4"]="RES-SENSOR-DATA",
  ["2.5"]="REKEY",
  ["2.6"]="REPROVISION",
  ["2.7"]="S2 message 7",
  ["2.8"]="S2 message 8",
  ["2.9"]="S2 message 9",
  ["2.10"]="S2 message 10",
  ["2.11"]="S2 message 11",
  ["2.12"]="S2 message 12",
  ["2.13"]="S2 message 13",
  ["2.14"]="S2 message 14",
  ["2.15"]="S2 message 15",
  ["2.16"]="S2 message 16",
  ["2.17"]="S2 message 17",
  ["2.18"]="S2 message 18",
  ["2.19"]="S2 message 19",
  ["2.20"]="S2 message 20",
  ["2.21"]="S2 message 21",
  ["2.22"]="S2 message 22",
  ["2.23"]="S2 message 23",
  ["2.24"]="S2 message 24",
  ["2.25"]="S2 message 25",
  ["2.26"]="S2 message 26",
  ["2.27"]="S2 message 27",
  ["2.28"]="S2 message 28",
  ["2.29"]="S2 message 29",
  ["2.30"]="S2 message 30",
  ["2.31"]="S2 message 31",
  ["3.0"]="S3 message 0",
  ["3.1"]="S3 message 1",
  ["3.2"]="PAGING",
  ["3.3"]="AUTH-RSP",
  ["3.4"]="S3 message 4",
  ["3.5"]="COMMAND",
  ["3.6"]="CMD-RSP",
  ["3.7"]="S3 message 7",
  ["3.8"]="S3 message 8",
  ["3.9"]="S3 message 9",
  ["3.10"]="S3 message 10",
  ["3.11"]="S3 message 11",
  ["3.12"]="S3 message 12",
  ["3.13"]="S3 message 13",
  ["3.14"]="S3 message 14",
  ["3.15"]="S3 message 15",
  ["3.16"]="S3 message 16",
  ["3.17"]="S3 message 17",
  ["3.18"]="S3 message 18",
  ["3.19"]="S3 message 19",
  ["3.20"]="S3 message 20",
  ["3.21"]="S3 message 21",
  ["3.22"]="S3 message 22",
  ["3.23"]="S3 message 23",
  ["3.24"]="S3 message 24",
  ["3.25"]="S3 message 25",
  ["3.26"]="S3 message 26",
  ["3.27"]="S3 message 27",
  ["3.28"]="S3 message 28",
  ["3.29"]="S3 message 29",
  ["3.30"]="S3 message 30",
  ["3.31"]="S3 message 31",
  ["4.0"]="S4 message 0",
  ["4.1"]="ADVERT",
  ["4.2"]="AUTH-REQ",
  ["4.3"]="AUTH-RSP",
  ["4.4"]="ASSOC-REQ",
  ["4.5"]="ASSOC-RSP",
  ["4.6"]="EAP-REQ/ID",
  ["4.7"]="EAP-RSP/ID",
  ["4.8"]="EAP-REQ-1",
  ["4.9"]="EAP-RSP-2",
  ["4.10"]="EAP-REQ-3",
  ["4.11"]="EAP-RSP-4",
  ["4.12"]="EAP-SUCCESS",
  ["4.13"]="4WAY-1",
  ["4.14"]="4WAY-2",
  ["4.15"]="4WAY-3",
  ["4.16"]="4WAY-4",
  ["4.17"]="GROUP-1",
  ["4.18"]="GROUP-2",
  ["4.19"]="DATA-DL",
  ["4.20"]="DATA-UL",
  ["4.21"]="DATA-GROUP",
  ["4.22"]="DEAUTH",
  ["4.23"]="S4 message 23",
  ["4.24"]="S4 message 24",
  ["4.25"]="S4 message 25",
  ["4.26"]="S4 message 26",
  ["4.27"]="S4 message 27",
  ["4.28"]="S4 message 28",
  ["4.29"]="S4 message 29",
  ["4.30"]="S4 message 30",
  ["4.31"]="S4 message 31",
  ["5.0"]="S5 message 0",
  ["5.1"]="PREREG-REQ",
  ["5.2"]="N2N-REQ",
  ["5.3"]="N2N-RSP",
  ["5.4"]="PREREG-RSP",
  ["5.5"]="CONFIRM-MN",
  ["5.6"]="CONFIRM-TPOS",
  ["5.7"]="SIGNAL-UL",
  ["5.8"]="SIGNAL-DL",
  ["5.9"]="S5 message 9",
  ["5.10"]="S5 message 10",
  ["5.11"]="S5 message 11",
  ["5.12"]="S5 message 12",
  ["5.13"]="S5 message 13",
  ["5.14"]="S5 message 14",
  ["5.15"]="S5 message 15",
  ["5.16"]="S5 message 16",
  ["5.17"]="S5 message 17",
  ["5.18"]="S5 message 18",
  ["5.19"]="S5 message 19",
  ["5.20"]="S5 message 20",
  ["5.21"]="S5 message 21",
  ["5.22"]="S5 message 22",
  ["5.23"]="S5 message 23",
  ["5.24"]="S5 message 24",
  ["5.25"]="S5 message 25",
  ["5.26"]="S5 message 26",
  ["5.27"]="S5 message 27",
  ["5.28"]="S5 message 28",
  ["5.29"]="S5 message 29",
  ["5.30"]="S5 message 30",
  ["5.31"]="S5 message 31",
  ["2.2.3"]="PROV-ID",
  ["2.3.3"]="PROV-ADDRESS",
  ["2.4.3"]="PROV-CONFIRM",
  ["2.5.3"]="REQ-SENSOR-DATA",
  ["2.6.3"]="RES-SENSOR-DATA",
  ["2.7.3"]="REKEY",
  ["2.8.3"]="REPROVISION",
 },
 ["values"]={
  ["kind"]={
   [1]="DL Type 1",
   [2]="DL Type 2 (mono-static, first)",
   [3]="DL Type 3 (mono-static, later)",
   [4]="DL Type 4 (bistatic excitation)",
   [5]="DL Type 5 (bistatic trigger)",
   [6]="DL sub-1 GHz",
   [16]="UL active",
   [17]="UL mono-static",
   [18]="UL bistatic",
  },
  ["type"]={
   [0]="WUR Beacon",
   [1]="WUR Wake-up",
   [2]="WUR Vendor",
   [3]="WUR Discovery",
   [4]="WUR Short Wake-up",
   [5]="Trigger",
   [6]="Ack",
   [7]="Group Ack",
   [8]="SP Advert",
   [9]="Response",
   [10]="RFID",
   [11]="Excitation",
   [12]="Data",
   [13]="Authentication",
  },
  ["ul_rate"]={[0]="250 kb/s",[1]="1000 kb/s",[2]="4000 kb/s"},
  ["access"]={[0]="random",[1]="scheduled",[2]="random id only"},
  ["response_type"]={[0]="data",[1]="ID only",[2]="operation status",[3]="permanent ID"},
  ["channel_offset"]={[0]="centre",[1]="-5 MHz",[2]="+5 MHz"},
  ["shift"]={[0]="down",[1]="up"},
  ["seed"]={[0]="seed 0x7F",[1]="seed 0x53",[2]="seed 0x2B",[3]="seed 0x19"},
  ["proto"]={
   [0]="clear",
   [1]="S1 802.11bp secure communication",
   [2]="S2 provisioning 11-25/0263",
   [3]="S3 Ambient IoT solution #9",
   [4]="S4 802.11i",
   [5]="S5 802.21 handover",
  },
  ["s1_status"]={[0]="committed",[1]="stale version",[2]="not from server"},
  ["s2_x"]={[0]="TK1",[1]="TK2"},
  ["s3_mac_length"]={[0]="0 octets",[1]="4 octets",[2]="8 octets",[3]="16 octets"},
  ["s5_msg"]={
   [1]="PREREG-REQ",
   [4]="PREREG-RSP",
   [5]="CONFIRM-MN",
   [6]="CONFIRM-TPOS",
   [7]="SIGNAL-UL",
   [8]="SIGNAL-DL",
  },
  ["s5_status"]={
   [0]="success",
   [1]="unspecified failure",
   [2]="rejected",
   [3]="authorization failure",
   [4]="network error",
  },
  ["akm"]={[1]="802.1X",[2]="PSK",[5]="802.1X SHA-256",[6]="PSK SHA-256"},
  ["cipher"]={[4]="CCMP-128"},
  ["auth_algorithm"]={[0]="open system"},
  ["assoc_status"]={
   [0]="success",
   [1]="refused",
   [40]="invalid element",
   [41]="invalid group cipher",
   [42]="invalid pairwise cipher",
   [43]="invalid AKM",
  },
  ["element"]={[0]="SSID",[1]="rates",[48]="RSN",[221]="vendor specific",[255]="extension"},
 },
 ["fields"]={
  {
   ["f"]="radio.version",
   ["label"]="Version",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.kind",
   ["label"]="PPDU kind",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="kind",
   ["mask"]=0,
  },
  {
   ["f"]="radio.length",
   ["label"]="Header length",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.flags",
   ["label"]="Flags",
   ["t"]="uint32",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.rate",
   ["label"]="Data rate (b/s)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.start_ns",
   ["label"]="Start (ns)",
   ["t"]="int64",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.end_ns",
   ["label"]="End (ns)",
   ["t"]="int64",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.start_sample",
   ["label"]="Start sample",
   ["t"]="int64",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.carrier",
   ["label"]="Carrier (Hz)",
   ["t"]="uint64",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.channel_offset",
   ["label"]="Channel offset (Hz)",
   ["t"]="int32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.snr",
   ["label"]="SNR (dB)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.rssi",
   ["label"]="RSSI (dBFS)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.clock",
   ["label"]="Clock offset (ppm)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.cfo",
   ["label"]="Carrier offset (Hz)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.isolation",
   ["label"]="Isolation (dB)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.residual",
   ["label"]="Residual (dB)",
   ["t"]="float",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.partial_id",
   ["label"]="Partial ID (AMP-SIG)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.seed_index",
   ["label"]="Scrambler seed index",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="seed",
   ["mask"]=0,
  },
  {
   ["f"]="radio.sta_id",
   ["label"]="STA ID (U-SIG)",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.wup",
   ["label"]="WUP-Excitation (ns)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.excitation",
   ["label"]="Excitation (ns)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.cut_off",
   ["label"]="Transmitter dies after (ns)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.session_id",
   ["label"]="Session ID (U-SIG)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="radio.sent",
   ["label"]="Sent (else received)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1,
  },
  {
   ["f"]="radio.downlink",
   ["label"]="Downlink",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2,
  },
  {
   ["f"]="radio.ap",
   ["label"]="At the AP (else at a tag)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="radio.has_sample",
   ["label"]="Start sample known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=16,
  },
  {
   ["f"]="radio.has_snr",
   ["label"]="SNR known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=32,
  },
  {
   ["f"]="radio.has_rssi",
   ["label"]="RSSI known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=64,
  },
  {
   ["f"]="radio.has_clock",
   ["label"]="Clock offset known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="radio.has_cfo",
   ["label"]="Carrier offset known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=256,
  },
  {
   ["f"]="radio.has_partial_id",
   ["label"]="Partial ID known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=512,
  },
  {
   ["f"]="radio.has_seed",
   ["label"]="Seed index known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1024,
  },
  {
   ["f"]="radio.has_isolation",
   ["label"]="Isolation known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2048,
  },
  {
   ["f"]="radio.has_residual",
   ["label"]="Residual known",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4096,
  },
  {
   ["f"]="radio.long_padding",
   ["label"]="Padding of a protected frame",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=65536,
  },
  {
   ["f"]="radio.multi_txop",
   ["label"]="Multi-TXOP",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=131072,
  },
  {
   ["f"]="radio.upper_half",
   ["label"]="Upper half",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=262144,
  },
  {
   ["f"]="radio.shift_up",
   ["label"]="Shift upwards",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=524288,
  },
  {
   ["f"]="frame_control",
   ["label"]="Frame Control",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="type",
   ["label"]="Type",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="type",
   ["mask"]=15,
  },
  {
   ["f"]="protected",
   ["label"]="Protected",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=16,
  },
  {
   ["f"]="reserved",
   ["label"]="Reserved",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=224,
  },
  {["f"]="id",["label"]="ID",["t"]="uint16",["base"]="hex",["values"]="",["mask"]=0},
  {
   ["f"]="control",
   ["label"]="Type Dependent Control",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="length",
   ["label"]="Length (body octets − 1)",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=63,
  },
  {
   ["f"]="ul_rate",
   ["label"]="UL rate",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="ul_rate",
   ["mask"]=192,
  },
  {
   ["f"]="by_type",
   ["label"]="By type",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=65280,
  },
  {["f"]="shim",["label"]="Shim",["t"]="uint8",["base"]="hex",["values"]="",["mask"]=0},
  {
   ["f"]="proto",
   ["label"]="System",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="proto",
   ["mask"]=224,
  },
  {
   ["f"]="msg",
   ["label"]="Message number",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=31,
  },
  {
   ["f"]="fragment",
   ["label"]="Fragment and profile",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="more",
   ["label"]="More fragments",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="fragment_number",
   ["label"]="Fragment number",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=112,
  },
  {["f"]="prof",["label"]="PROF",["t"]="uint8",["base"]="dec",["values"]="",["mask"]=15},
  {
   ["f"]="s4.rsn_version",
   ["label"]="RSN version",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_group",
   ["label"]="Group suite",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_pairwise_count",
   ["label"]="Pairwise suites",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_pairwise",
   ["label"]="Pairwise suite",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_akm_count",
   ["label"]="AKM suites",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_akm",
   ["label"]="AKM suite",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_capabilities",
   ["label"]="RSN capabilities",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.rsn_pmkids",
   ["label"]="PMKID list and group management suite",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.access",
   ["label"]="Access",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.access_kind",
   ["label"]="Access kind",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="access",
   ["mask"]=3,
  },
  {
   ["f"]="trigger.response_type",
   ["label"]="Response type",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="response_type",
   ["mask"]=28,
  },
  {
   ["f"]="trigger.channel_offset",
   ["label"]="UL channel offset",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="channel_offset",
   ["mask"]=96,
  },
  {
   ["f"]="trigger.access_reserved",
   ["label"]="Reserved",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="trigger.uplink",
   ["label"]="Uplink",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.seed_index",
   ["label"]="Seed index",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="seed",
   ["mask"]=3,
  },
  {
   ["f"]="trigger.acwe",
   ["label"]="ACWE",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=60,
  },
  {
   ["f"]="trigger.shift",
   ["label"]="Shift",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="shift",
   ["mask"]=64,
  },
  {
   ["f"]="trigger.uplink_reserved",
   ["label"]="Reserved",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="trigger.session_id",
   ["label"]="Session ID",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.slots",
   ["label"]="N (slots)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.slot_units",
   ["label"]="Slot duration",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.said",
   ["label"]="SAID",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s5.sn",["label"]="SN",["t"]="uint16",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s5.sealed",
   ["label"]="Sealed TLVs",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s5.icv",["label"]="ICV",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s5.tpos",
   ["label"]="TPoS identifier",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.candidate",
   ["label"]="Candidate (channel, gateway)",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.group",
   ["label"]="Target group",
   ["t"]="uint32",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.sequence",
   ["label"]="Sequence",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.node",
   ["label"]="Complete subtree node",
   ["t"]="uint24",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.node_depth",
   ["label"]="Depth",
   ["t"]="uint24",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=16711680,
  },
  {
   ["f"]="s5.node_index",
   ["label"]="Index",
   ["t"]="uint24",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=65535,
  },
  {
   ["f"]="s5.lifetime",
   ["label"]="SALifetime (s)",
   ["t"]="uint32",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.wrapped",
   ["label"]="Wrapped group key",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.verify",
   ["label"]="Verification code",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.key_status",
   ["label"]="Status",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="s5_status",
   ["mask"]=0,
  },
  {
   ["f"]="s1.anonce",
   ["label"]="ANonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.modifier",
   ["label"]="Modifier",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.trigger_data",
   ["label"]="DL data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.clear",
   ["label"]="Data in clear",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.flags",
   ["label"]="Flags",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.encrypted",
   ["label"]="Encrypted",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1,
  },
  {
   ["f"]="s1.more",
   ["label"]="More data",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2,
  },
  {
   ["f"]="s1.snonce",
   ["label"]="SNonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.data",
   ["label"]="Data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s1.mic",["label"]="MIC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {["f"]="s1.pn",["label"]="PN",["t"]="uint8",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s1.wrap",
   ["label"]="Wrapped key",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="s1.version",
   ["label"]="Version",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.wrapped",
   ["label"]="Wrapped key",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.unonce",
   ["label"]="UNonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.server_tag",
   ["label"]="Server's tag",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s1.status",
   ["label"]="Status",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="s1_status",
   ["mask"]=0,
  },
  {
   ["f"]="s2.hash",
   ["label"]="H(A_pubk)",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.gwid",
   ["label"]="GWID",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.tk_nonce",
   ["label"]="TK_NONCE",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.epoch",
   ["label"]="EPOCH",
   ["t"]="uint64",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.random",
   ["label"]="TK_NONCE: random",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.address_field",
   ["label"]="LOCAL_ADDR",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.seeded",
   ["label"]="Seeded by the last session key",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=32768,
  },
  {
   ["f"]="s2.address",
   ["label"]="Local address",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4095,
  },
  {
   ["f"]="s2.proof",
   ["label"]="PROOF",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.clear",
   ["label"]="Data in clear",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.device_nonce",
   ["label"]="DEV_NONCE",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.status",
   ["label"]="STATUS",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s2.mic",["label"]="MIC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s2.which",
   ["label"]="Session key",
   ["t"]="uint24",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.x",
   ["label"]="TKx",
   ["t"]="uint24",
   ["base"]="dec",
   ["values"]="s2_x",
   ["mask"]=8388608,
  },
  {
   ["f"]="s2.cntr",
   ["label"]="CNTR",
   ["t"]="uint24",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=8388607,
  },
  {["f"]="s2.seq",["label"]="SEQ",["t"]="uint8",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s2.data",
   ["label"]="Data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s2.tag",["label"]="Tag",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s2.life_sealed",
   ["label"]="Life (sealed)",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.life",
   ["label"]="Life",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.life_seconds",
   ["label"]="In seconds",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=32768,
  },
  {
   ["f"]="s2.life_amount",
   ["label"]="Amount",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=32767,
  },
  {
   ["f"]="s2.gw_nonce",
   ["label"]="GW nonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.hpke_enc",
   ["label"]="HPKE enc",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s2.sealed_serial",
   ["label"]="Sealed serial number",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.network_nonce",
   ["label"]="Network nonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.paging_id",
   ["label"]="Protected Device ID",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.clear",
   ["label"]="Payload in clear",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.device_nonce",
   ["label"]="Device nonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.protected_id",
   ["label"]="Protected Device ID",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.capability",
   ["label"]="Capability",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.policy",
   ["label"]="Security Policy",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.payload_confidentiality",
   ["label"]="Payload confidentiality",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1,
  },
  {
   ["f"]="s3.payload_integrity",
   ["label"]="Payload integrity",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2,
  },
  {
   ["f"]="s3.message_integrity",
   ["label"]="Whole-message integrity",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="s3.message_confidentiality",
   ["label"]="Whole-message confidentiality",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=8,
  },
  {
   ["f"]="s3.mac_length",
   ["label"]="MAC length",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="s3_mac_length",
   ["mask"]=48,
  },
  {
   ["f"]="s3.use_stored",
   ["label"]="Use the stored policy",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=64,
  },
  {
   ["f"]="s3.policy_reserved",
   ["label"]="Reserved",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="s3.counter",
   ["label"]="Counter",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s3.payload",
   ["label"]="Payload",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s3.mac",["label"]="MAC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s5.code",
   ["label"]="MIS message",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="s5_msg",
   ["mask"]=0,
  },
  {["f"]="s5.tid",["label"]="TID",["t"]="uint8",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s5.flags",
   ["label"]="Flags",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.has_tpos",
   ["label"]="TPoS identifier",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1,
  },
  {
   ["f"]="s5.has_candidates",
   ["label"]="Candidate links",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2,
  },
  {
   ["f"]="s5.no_key",
   ["label"]="No key",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="s5.source",
   ["label"]="Source",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.destination",
   ["label"]="Destination",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.nonce_t",
   ["label"]="Nonce-T",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.suite",
   ["label"]="Ciphersuite",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.nonce_n",
   ["label"]="Nonce-N",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.masked_key",
   ["label"]="Key derivation key, masked",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s5.key",
   ["label"]="Key derivation key",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s5.mic",["label"]="MIC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s5.signal",
   ["label"]="Signalling",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.akm",
   ["label"]="AKM suite",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="akm",
   ["mask"]=0,
  },
  {
   ["f"]="s4.pairwise",
   ["label"]="Pairwise cipher",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="cipher",
   ["mask"]=0,
  },
  {
   ["f"]="s4.group",
   ["label"]="Group cipher",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="cipher",
   ["mask"]=0,
  },
  {
   ["f"]="s4.capabilities",
   ["label"]="RSN capabilities, low octet",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.ssid_hash",
   ["label"]="SSID hash",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.key_data",
   ["label"]="Key data in clear",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.algorithm",
   ["label"]="Authentication algorithm",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="auth_algorithm",
   ["mask"]=0,
  },
  {
   ["f"]="s4.status",
   ["label"]="Status",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="assoc_status",
   ["mask"]=0,
  },
  {
   ["f"]="s4.pmkids",
   ["label"]="PMKIDs",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.pmkid",
   ["label"]="PMKID",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s4.aid",["label"]="AID",["t"]="uint16",["base"]="hex",["values"]="",["mask"]=0},
  {
   ["f"]="s4.key_info",
   ["label"]="Key information",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.key_index",
   ["label"]="Key index",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=3,
  },
  {
   ["f"]="s4.key_pairwise",
   ["label"]="Pairwise",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="s4.key_install",
   ["label"]="Install",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=8,
  },
  {
   ["f"]="s4.key_ack",
   ["label"]="Ack",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=16,
  },
  {
   ["f"]="s4.key_mic",
   ["label"]="MIC",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=32,
  },
  {
   ["f"]="s4.key_secure",
   ["label"]="Secure",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=64,
  },
  {
   ["f"]="s4.key_encrypted",
   ["label"]="Encrypted key data",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=128,
  },
  {
   ["f"]="s4.replay",
   ["label"]="Replay counter, low octet",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.anonce",
   ["label"]="ANonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.snonce",
   ["label"]="SNonce",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s4.mic",["label"]="MIC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s4.wrapped",
   ["label"]="Wrapped key data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.lite_element",
   ["label"]="RSN element: AKM, pairwise, group, capabilities",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s4.rsc",["label"]="RSC",["t"]="bytes",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s4.key_id",
   ["label"]="KeyID",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {["f"]="s4.pn",["label"]="PN",["t"]="uint64",["base"]="dec",["values"]="",["mask"]=0},
  {
   ["f"]="s4.data",
   ["label"]="Data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.ccm_mic",
   ["label"]="CCM MIC",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.clear",
   ["label"]="Data in clear",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.reason",
   ["label"]="Reason",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.transaction",
   ["label"]="Transaction",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.capability",
   ["label"]="Capability",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="s4.listen_interval",
   ["label"]="Listen interval",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.listed_id",
   ["label"]="Listed ID",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="trigger.data",
   ["label"]="DL data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="group_ack.session_id",
   ["label"]="Session ID",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="group_ack.slots",
   ["label"]="N (slots)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="group_ack.bitmap",
   ["label"]="Slot bitmap",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="group_ack.heard_id",
   ["label"]="Heard ID",
   ["t"]="uint16",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.flags",
   ["label"]="Flags",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.has_tsf",
   ["label"]="Partial TSF",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=1,
  },
  {
   ["f"]="sp_advert.has_period",
   ["label"]="Service period",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=2,
  },
  {
   ["f"]="sp_advert.has_access",
   ["label"]="UL access",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=4,
  },
  {
   ["f"]="sp_advert.tsf",
   ["label"]="TSF[11:22]",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.sp_id",
   ["label"]="SP ID",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.start",
   ["label"]="Start (2.048 ms)",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.interval",
   ["label"]="Interval (2.048 ms)",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="sp_advert.wake",
   ["label"]="Minimum wake (1.024 ms)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="response.flags",
   ["label"]="Flags",
   ["t"]="uint8",
   ["base"]="hex",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="response.type",
   ["label"]="Response type",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="response_type",
   ["mask"]=7,
  },
  {
   ["f"]="response.has_status",
   ["label"]="Operation status",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=8,
  },
  {
   ["f"]="response.has_factor",
   ["label"]="Mode factor",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=16,
  },
  {
   ["f"]="response.status",
   ["label"]="Sustainable transmission time (64 µs)",
   ["t"]="uint16",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="response.mode_factor",
   ["label"]="Mode factor (idle multiple)",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="response.permanent_id",
   ["label"]="Permanent ID",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="response.data",
   ["label"]="Data",
   ["t"]="bytes",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="rfid.count",
   ["label"]="Bits",
   ["t"]="uint8",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
  {
   ["f"]="rfid.gen2",
   ["label"]="Gen2 bits",
   ["t"]="string",
   ["base"]="dec",
   ["values"]="",
   ["mask"]=0,
  },
 },
 ["head"]={
  ["control"]={
   ["f"]="frame_control",
   ["label"]="Frame Control",
   ["n"]=1,
   ["k"]="uint",
   ["b"]={{["f"]="type",["shift"]=0,["width"]=4},{["f"]="protected",["shift"]=4,["width"]=1},{["f"]="reserved",["shift"]=5,["width"]=3,["zero"]=true}},
  },
  ["id"]={["f"]="id",["label"]="ID",["n"]=2,["k"]="id"},
  ["by_type"]={
   ["f"]="control",
   ["label"]="Type Dependent Control",
   ["n"]=2,
   ["k"]="uint_le",
   ["b"]={{["f"]="length",["shift"]=0,["width"]=6},{["f"]="ul_rate",["shift"]=6,["width"]=2,["strict"]="ul_rate"},{["f"]="by_type",["shift"]=8,["width"]=8}},
  },
 },
 ["shim"]={
  {
   ["f"]="shim",
   ["label"]="Shim",
   ["n"]=1,
   ["k"]="uint",
   ["b"]={{["f"]="proto",["shift"]=5,["width"]=3},{["f"]="msg",["shift"]=0,["width"]=5}},
  },
  {
   ["f"]="fragment",
   ["label"]="Fragment and profile",
   ["n"]=1,
   ["k"]="uint",
   ["b"]={{["f"]="more",["shift"]=7,["width"]=1},{["f"]="fragment_number",["shift"]=4,["width"]=3},{["f"]="prof",["shift"]=0,["width"]=4}},
  },
 },
 ["rsn_element"]={
  {["f"]="s4.rsn_version",["label"]="RSN version",["n"]=2,["k"]="uint_le"},
  {["f"]="s4.rsn_group",["label"]="Group suite",["n"]=4,["k"]="bytes"},
  {["f"]="s4.rsn_pairwise_count",["label"]="Pairwise suites",["n"]=2,["k"]="uint_le"},
  {
   ["f"]="s4.rsn_pairwise",
   ["label"]="Pairwise suite",
   ["n"]="suites_pairwise",
   ["k"]="bytes",
   ["r"]=4,
  },
  {["f"]="s4.rsn_akm_count",["label"]="AKM suites",["n"]=2,["k"]="uint_le"},
  {["f"]="s4.rsn_akm",["label"]="AKM suite",["n"]="suites_akm",["k"]="bytes",["r"]=4},
  {["f"]="s4.rsn_capabilities",["label"]="RSN capabilities",["n"]=2,["k"]="uint_le"},
  {
   ["f"]="s4.rsn_pmkids",
   ["label"]="PMKID list and group management suite",
   ["n"]="rest",
   ["k"]="bytes",
  },
 },
 ["layouts"]={
  ["parameters"]={
   {["f"]="trigger.access",["label"]="Access",["n"]=1,["k"]="uint",["b"]={{["f"]="trigger.access_kind",["shift"]=0,["width"]=2,["strict"]="access"},{["f"]="trigger.response_type",["shift"]=2,["width"]=3,["strict"]="response_type"},{["f"]="trigger.channel_offset",["shift"]=5,["width"]=2,["strict"]="channel_offset"},{["f"]="trigger.access_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},
   {["f"]="trigger.uplink",["label"]="Uplink",["n"]=1,["k"]="uint",["b"]={{["f"]="trigger.seed_index",["shift"]=0,["width"]=2},{["f"]="trigger.acwe",["shift"]=2,["width"]=4},{["f"]="trigger.shift",["shift"]=6,["width"]=1},{["f"]="trigger.uplink_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},
   {["f"]="trigger.session_id",["label"]="Session ID",["n"]=1,["k"]="uint"},
   {["f"]="trigger.slots",["label"]="N (slots)",["n"]=1,["k"]="uint",["min"]=1},
   {["f"]="trigger.slot_units",["label"]="Slot duration",["n"]=2,["k"]="uint_le",["unit"]="slot"},
  },
  ["s5_security"]={
   {["f"]="s5.said",["label"]="SAID",["n"]=2,["k"]="uint"},
   {["f"]="s5.sn",["label"]="SN",["n"]=2,["k"]="uint"},
   {["f"]="s5.sealed",["label"]="Sealed TLVs",["n"]="rest",["k"]="bytes",["secret"]=true},
   {["f"]="s5.icv",["label"]="ICV",["n"]=8,["k"]="bytes"},
  },
  ["s5_wanted"]={
   {["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint",["w"]={{["f"]="s5.has_tpos",["v"]={0},["no"]=true}}},
   {["f"]="s5.candidate",["label"]="Candidate (channel, gateway)",["n"]="rest",["k"]="bytes",["r"]=3,["w"]={{["f"]="s5.has_candidates",["v"]={0},["no"]=true}}},
  },
  ["s5_group"]={
   {["f"]="s5.group",["label"]="Target group",["n"]=4,["k"]="uint"},
   {["f"]="s5.sequence",["label"]="Sequence",["n"]=4,["k"]="uint"},
   {["f"]="s5.node",["label"]="Complete subtree node",["n"]=3,["k"]="uint",["b"]={{["f"]="s5.node_depth",["shift"]=16,["width"]=8},{["f"]="s5.node_index",["shift"]=0,["width"]=16}}},
   {["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint"},
   {["f"]="s5.lifetime",["label"]="SALifetime (s)",["n"]=4,["k"]="uint"},
   {["f"]="s5.wrapped",["label"]="Wrapped group key",["n"]=24,["k"]="bytes",["secret"]=true},
   {["f"]="s5.verify",["label"]="Verification code",["n"]=8,["k"]="bytes"},
   {["f"]="s5.key_status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s5_status"},
  },
  ["s5_refused"]={
   {["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint"},
   {["f"]="s5.key_status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s5_status"},
  },
 },
 ["frames"]={
  [5]={
   {["nested"]="parameters"},
   {["f"]="trigger.listed_id",["label"]="Listed ID",["n"]="listed",["k"]="id",["r"]=2,["w"]={{["f"]="id",["v"]={65535},["no"]=false},{["f"]="trigger.access_kind",["v"]={1},["no"]=false}}},
   {["f"]="trigger.data",["label"]="DL data",["n"]="rest",["k"]="bytes"},
  },
  [7]={
   {["f"]="group_ack.session_id",["label"]="Session ID",["n"]=1,["k"]="uint"},
   {["f"]="group_ack.slots",["label"]="N (slots)",["n"]=1,["k"]="uint",["min"]=1},
   {["f"]="group_ack.bitmap",["label"]="Slot bitmap",["n"]="bitmap",["k"]="bytes"},
   {["f"]="group_ack.heard_id",["label"]="Heard ID",["n"]="rest",["k"]="id",["r"]=2},
  },
  [8]={
   {["f"]="sp_advert.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="sp_advert.has_tsf",["shift"]=0,["width"]=1},{["f"]="sp_advert.has_period",["shift"]=1,["width"]=1},{["f"]="sp_advert.has_access",["shift"]=2,["width"]=1}}},
   {["f"]="sp_advert.tsf",["label"]="TSF[11:22]",["n"]=2,["k"]="uint_le",["w"]={{["f"]="sp_advert.has_tsf",["v"]={0},["no"]=true}}},
   {["f"]="sp_advert.sp_id",["label"]="SP ID",["n"]=1,["k"]="uint",["w"]={{["f"]="sp_advert.has_period",["v"]={0},["no"]=true}}},
   {["f"]="sp_advert.start",["label"]="Start (2.048 ms)",["n"]=2,["k"]="uint_le",["w"]={{["f"]="sp_advert.has_period",["v"]={0},["no"]=true}}},
   {["f"]="sp_advert.interval",["label"]="Interval (2.048 ms)",["n"]=2,["k"]="uint_le",["w"]={{["f"]="sp_advert.has_period",["v"]={0},["no"]=true}}},
   {["f"]="sp_advert.wake",["label"]="Minimum wake (1.024 ms)",["n"]=1,["k"]="uint",["w"]={{["f"]="sp_advert.has_period",["v"]={0},["no"]=true}}},
   {["nested"]="parameters",["w"]={{["f"]="sp_advert.has_access",["v"]={0},["no"]=true}}},
  },
  [9]={
   {["f"]="response.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="response.type",["shift"]=0,["width"]=3,["strict"]="response_type"},{["f"]="response.has_status",["shift"]=3,["width"]=1},{["f"]="response.has_factor",["shift"]=4,["width"]=1}}},
   {["f"]="response.status",["label"]="Sustainable transmission time (64 µs)",["n"]=2,["k"]="uint_le",["w"]={{["f"]="response.has_status",["v"]={0},["no"]=true}}},
   {["f"]="response.mode_factor",["label"]="Mode factor (idle multiple)",["n"]=1,["k"]="uint",["w"]={{["f"]="response.has_factor",["v"]={0},["no"]=true}}},
   {["f"]="response.permanent_id",["label"]="Permanent ID",["n"]=6,["k"]="bytes",["w"]={{["f"]="response.type",["v"]={3},["no"]=false}}},
   {["f"]="response.data",["label"]="Data",["n"]="rest",["k"]="bytes"},
  },
  [10]={
   {["f"]="rfid.count",["label"]="Bits",["n"]=1,["k"]="uint"},
   {["f"]="rfid.gen2",["label"]="Gen2 bits",["n"]="gen2",["k"]="bits"},
  },
 },
 ["messages"]={
  ["1.1.1"]={
   ["parts"]={{["nested"]="parameters"},{["f"]="s1.anonce",["label"]="ANonce",["n"]="s1_nonce",["k"]="bytes"},{["f"]="s1.modifier",["label"]="Modifier",["n"]="s1_modifier",["k"]="bytes"},{["f"]="s1.trigger_data",["label"]="DL data",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.1.2"]={
   ["parts"]={{["nested"]="parameters"},{["f"]="s1.anonce",["label"]="ANonce",["n"]="s1_nonce",["k"]="bytes"},{["f"]="s1.modifier",["label"]="Modifier",["n"]="s1_modifier",["k"]="bytes"},{["f"]="s1.trigger_data",["label"]="DL data",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.2.1"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.snonce",["label"]="SNonce",["n"]="s1_nonce",["k"]="bytes"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.2.2"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.snonce",["label"]="SNonce",["n"]="s1_nonce",["k"]="bytes"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.3.1"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.3.2"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.4.1"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.4.2"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.more",["shift"]=1,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.5.1"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.wrap",["shift"]=2,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.version",["label"]="Version",["n"]=2,["k"]="uint"},{["f"]="s1.wrapped",["label"]="Wrapped key",["n"]=40,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=true}}},{["f"]="s1.unonce",["label"]="UNonce",["n"]=16,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=false}}},{["f"]="s1.server_tag",["label"]="Server's tag",["n"]=8,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=false},{["f"]="prof",["v"]={2},["no"]=false}}},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.5.2"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1},{["f"]="s1.wrap",["shift"]=2,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.version",["label"]="Version",["n"]=2,["k"]="uint"},{["f"]="s1.wrapped",["label"]="Wrapped key",["n"]=40,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=true}}},{["f"]="s1.unonce",["label"]="UNonce",["n"]=16,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=false}}},{["f"]="s1.server_tag",["label"]="Server's tag",["n"]=8,["k"]="bytes",["w"]={{["f"]="s1.wrap",["v"]={0},["no"]=false},{["f"]="prof",["v"]={2},["no"]=false}}},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.6.1"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.version",["label"]="Version",["n"]=2,["k"]="uint"},{["f"]="s1.status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s1_status"},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["1.6.2"]={
   ["parts"]={{["f"]="s1.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s1.encrypted",["shift"]=0,["width"]=1}}},{["f"]="s1.pn",["label"]="PN",["n"]=1,["k"]="uint"},{["f"]="s1.version",["label"]="Version",["n"]=2,["k"]="uint"},{["f"]="s1.status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s1_status"},{["f"]="s1.mic",["label"]="MIC",["n"]="s1_mic",["k"]="bytes"}},
   ["clear"]={{["f"]="s1.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.1.1"]={
   ["parts"]={{["f"]="s2.hash",["label"]="H(A_pubk)",["n"]="s2_hash",["k"]="bytes"},{["f"]="s2.gwid",["label"]="GWID",["n"]=4,["k"]="bytes"},{["f"]="s2.tk_nonce",["label"]="TK_NONCE",["n"]=16,["k"]="bytes",["w"]={{["f"]="prof",["v"]={1},["no"]=false}}},{["f"]="s2.epoch",["label"]="TK_NONCE: epoch",["n"]=8,["k"]="uint",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.random",["label"]="TK_NONCE: random",["n"]=8,["k"]="bytes",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.proof",["label"]="PROOF",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.1.2"]={
   ["parts"]={{["f"]="s2.hash",["label"]="H(A_pubk)",["n"]="s2_hash",["k"]="bytes"},{["f"]="s2.gwid",["label"]="GWID",["n"]=4,["k"]="bytes"},{["f"]="s2.tk_nonce",["label"]="TK_NONCE",["n"]=16,["k"]="bytes",["w"]={{["f"]="prof",["v"]={1},["no"]=false}}},{["f"]="s2.epoch",["label"]="TK_NONCE: epoch",["n"]=8,["k"]="uint",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.random",["label"]="TK_NONCE: random",["n"]=8,["k"]="bytes",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.proof",["label"]="PROOF",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.2.1"]={
   ["parts"]={{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.device_nonce",["label"]="DEV_NONCE",["n"]=8,["k"]="bytes",["w"]={{["f"]="prof",["v"]={2},["no"]=false}}},{["f"]="s2.status",["label"]="STATUS",["n"]=1,["k"]="uint"},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.2.2"]={
   ["parts"]={{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.device_nonce",["label"]="DEV_NONCE",["n"]=8,["k"]="bytes",["w"]={{["f"]="prof",["v"]={2},["no"]=false}}},{["f"]="s2.status",["label"]="STATUS",["n"]=1,["k"]="uint"},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.3.1"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.3.2"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.4.1"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.4.2"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.5.1"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.life_sealed",["label"]="Life (sealed)",["n"]=2,["k"]="bytes",["secret"]=true},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.life",["label"]="Life",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.life_seconds",["shift"]=15,["width"]=1},{["f"]="s2.life_amount",["shift"]=0,["width"]=15}}}},
  },
  ["2.5.2"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.life_sealed",["label"]="Life (sealed)",["n"]=2,["k"]="bytes",["secret"]=true},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.life",["label"]="Life",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.life_seconds",["shift"]=15,["width"]=1},{["f"]="s2.life_amount",["shift"]=0,["width"]=15}}}},
  },
  ["2.6.1"]={
   ["parts"]={{["f"]="s2.epoch",["label"]="EPOCH",["n"]=8,["k"]="uint"},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.6.2"]={
   ["parts"]={{["f"]="s2.epoch",["label"]="EPOCH",["n"]=8,["k"]="uint"},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.1.3"]={
   ["parts"]={{["f"]="s2.hash",["label"]="H(A_pubk)",["n"]="s2_hash",["k"]="bytes"},{["f"]="s2.gwid",["label"]="GWID",["n"]=4,["k"]="bytes"},{["f"]="s2.gw_nonce",["label"]="GW nonce",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.2.3"]={
   ["parts"]={{["f"]="s2.hpke_enc",["label"]="HPKE enc",["n"]=32,["k"]="bytes"},{["f"]="s2.sealed_serial",["label"]="Sealed serial number",["n"]=28,["k"]="bytes",["secret"]=true}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.3.3"]={
   ["parts"]={{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.tk_nonce",["label"]="TK_NONCE",["n"]=16,["k"]="bytes",["w"]={{["f"]="prof",["v"]={1},["no"]=false}}},{["f"]="s2.epoch",["label"]="TK_NONCE: epoch",["n"]=8,["k"]="uint",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.random",["label"]="TK_NONCE: random",["n"]=8,["k"]="bytes",["w"]={{["f"]="prof",["v"]={2,3},["no"]=false}}},{["f"]="s2.proof",["label"]="PROOF",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.4.3"]={
   ["parts"]={{["f"]="s2.address_field",["label"]="LOCAL_ADDR",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.seeded",["shift"]=15,["width"]=1},{["f"]="s2.address",["shift"]=0,["width"]=12}}},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.5.3"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.6.3"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s2.tag",["label"]="Tag",["n"]="s2_tag",["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["2.7.3"]={
   ["parts"]={{["f"]="s2.which",["label"]="Session key",["n"]=3,["k"]="uint",["b"]={{["f"]="s2.x",["shift"]=23,["width"]=1},{["f"]="s2.cntr",["shift"]=0,["width"]=23}}},{["f"]="s2.seq",["label"]="SEQ",["n"]=1,["k"]="uint"},{["f"]="s2.life_sealed",["label"]="Life (sealed)",["n"]=2,["k"]="bytes",["secret"]=true},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.life",["label"]="Life",["n"]=2,["k"]="uint",["b"]={{["f"]="s2.life_seconds",["shift"]=15,["width"]=1},{["f"]="s2.life_amount",["shift"]=0,["width"]=15}}}},
  },
  ["2.8.3"]={
   ["parts"]={{["f"]="s2.epoch",["label"]="EPOCH",["n"]=8,["k"]="uint"},{["f"]="s2.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s2.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.2.1"]={
   ["parts"]={{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.paging_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.2.2"]={
   ["parts"]={{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.paging_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.2.3"]={
   ["parts"]={{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.paging_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.3.1"]={
   ["parts"]={{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"},{["f"]="s3.capability",["label"]="Capability",["n"]=1,["k"]="uint"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.3.2"]={
   ["parts"]={{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"},{["f"]="s3.capability",["label"]="Capability",["n"]=1,["k"]="uint"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.3.3"]={
   ["parts"]={{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="rest",["k"]="bytes"},{["f"]="s3.capability",["label"]="Capability",["n"]=1,["k"]="uint"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.5.1"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="s3_id",["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.5.2"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="s3_id",["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.5.3"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.network_nonce",["label"]="Network nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.protected_id",["label"]="Protected Device ID",["n"]="s3_id",["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.6.1"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.6.2"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["3.6.3"]={
   ["parts"]={{["f"]="s3.policy",["label"]="Security Policy",["n"]=1,["k"]="uint",["b"]={{["f"]="s3.payload_confidentiality",["shift"]=0,["width"]=1},{["f"]="s3.payload_integrity",["shift"]=1,["width"]=1},{["f"]="s3.message_integrity",["shift"]=2,["width"]=1},{["f"]="s3.message_confidentiality",["shift"]=3,["width"]=1},{["f"]="s3.mac_length",["shift"]=4,["width"]=2},{["f"]="s3.use_stored",["shift"]=6,["width"]=1},{["f"]="s3.policy_reserved",["shift"]=7,["width"]=1,["zero"]=true}}},{["f"]="s3.counter",["label"]="Counter",["n"]=1,["k"]="uint",["w"]={{["f"]="prof",["v"]={3},["no"]=false}}},{["f"]="s3.device_nonce",["label"]="Device nonce",["n"]=16,["k"]="bytes"},{["f"]="s3.payload",["label"]="Payload",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s3.mac",["label"]="MAC",["n"]="policy_mac",["k"]="bytes"}},
   ["clear"]={{["f"]="s3.clear",["label"]="Payload in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["5.1.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_t",["label"]="Nonce-T",["n"]=16,["k"]="bytes",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint",["w"]={{["f"]="s5.has_tpos",["v"]={0},["no"]=true}}},{["f"]="s5.candidate",["label"]="Candidate (channel, gateway)",["n"]="rest",["k"]="bytes",["r"]=3,["w"]={{["f"]="s5.has_candidates",["v"]={0},["no"]=true}}}},
   ["clear"]={},
  },
  ["5.1.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["nested"]="s5_wanted",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=true}}}},
   ["clear"]={{["f"]="s5.suite",["label"]="Ciphersuite",["n"]=1,["k"]="uint"},{["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint",["w"]={{["f"]="s5.has_tpos",["v"]={0},["no"]=true}}},{["f"]="s5.candidate",["label"]="Candidate (channel, gateway)",["n"]="rest",["k"]="bytes",["r"]=3,["w"]={{["f"]="s5.has_candidates",["v"]={0},["no"]=true}}}},
  },
  ["5.1.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["nested"]="s5_wanted",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=true}}}},
   ["clear"]={{["f"]="s5.suite",["label"]="Ciphersuite",["n"]=1,["k"]="uint"},{["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint",["w"]={{["f"]="s5.has_tpos",["v"]={0},["no"]=true}}},{["f"]="s5.candidate",["label"]="Candidate (channel, gateway)",["n"]="rest",["k"]="bytes",["r"]=3,["w"]={{["f"]="s5.has_candidates",["v"]={0},["no"]=true}}}},
  },
  ["5.4.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_n",["label"]="Nonce-N",["n"]=16,["k"]="bytes",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.masked_key",["label"]="Key derivation key, masked",["n"]=16,["k"]="bytes",["secret"]=true,["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.lifetime",["label"]="SALifetime (s)",["n"]=4,["k"]="uint",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.key_status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s5_status"}},
   ["clear"]={{["f"]="s5.key",["label"]="Key derivation key",["n"]=16,["k"]="bytes"}},
  },
  ["5.4.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.tpos",["label"]="TPoS identifier",["n"]=2,["k"]="uint"},{["f"]="s5.key",["label"]="Key derivation key",["n"]=16,["k"]="bytes",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.lifetime",["label"]="SALifetime (s)",["n"]=4,["k"]="uint",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["f"]="s5.key_status",["label"]="Status",["n"]=1,["k"]="uint",["strict"]="s5_status"}},
  },
  ["5.4.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["nested"]="s5_group",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["nested"]="s5_security",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=true}}}},
   ["clear"]={{["f"]="s5.key",["label"]="Key derivation key",["n"]=16,["k"]="bytes",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=false}}},{["nested"]="s5_refused",["w"]={{["f"]="s5.no_key",["v"]={0},["no"]=true}}}},
  },
  ["5.5.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.5.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_t",["label"]="Nonce-T",["n"]=16,["k"]="bytes"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.5.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_t",["label"]="Nonce-T",["n"]=16,["k"]="bytes"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.6.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.6.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_n",["label"]="Nonce-N",["n"]=16,["k"]="bytes"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.6.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["f"]="s5.nonce_n",["label"]="Nonce-N",["n"]=16,["k"]="bytes"},{["f"]="s5.mic",["label"]="MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={},
  },
  ["5.7.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["5.7.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["5.7.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["5.8.1"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["5.8.2"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["5.8.3"]={
   ["parts"]={{["f"]="s5.code",["label"]="MIS message",["n"]=1,["k"]="uint",["strict"]="s5_msg"},{["f"]="s5.tid",["label"]="TID",["n"]=1,["k"]="uint"},{["f"]="s5.flags",["label"]="Flags",["n"]=1,["k"]="uint",["b"]={{["f"]="s5.has_tpos",["shift"]=0,["width"]=1},{["f"]="s5.has_candidates",["shift"]=1,["width"]=1},{["f"]="s5.no_key",["shift"]=2,["width"]=1}}},{["f"]="s5.source",["label"]="Source",["n"]=2,["k"]="uint"},{["f"]="s5.destination",["label"]="Destination",["n"]=2,["k"]="uint"},{["nested"]="s5_security"}},
   ["clear"]={{["f"]="s5.signal",["label"]="Signalling",["n"]="rest",["k"]="bytes"}},
  },
  ["4.1.1"]={
   ["parts"]={{["f"]="s4.akm",["label"]="AKM suite",["n"]=1,["k"]="uint",["strict"]="akm"},{["f"]="s4.pairwise",["label"]="Pairwise cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.group",["label"]="Group cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.capabilities",["label"]="RSN capabilities, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.ssid_hash",["label"]="SSID hash",["n"]=4,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.2.1"]={
   ["parts"]={{["f"]="s4.algorithm",["label"]="Authentication algorithm",["n"]=1,["k"]="uint",["strict"]="auth_algorithm"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.3.1"]={
   ["parts"]={{["f"]="s4.algorithm",["label"]="Authentication algorithm",["n"]=1,["k"]="uint",["strict"]="auth_algorithm"},{["f"]="s4.status",["label"]="Status",["n"]=1,["k"]="uint"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.4.1"]={
   ["parts"]={{["f"]="s4.pmkids",["label"]="PMKIDs",["n"]=1,["k"]="uint"},{["f"]="s4.akm",["label"]="AKM suite",["n"]=1,["k"]="uint",["strict"]="akm"},{["f"]="s4.pairwise",["label"]="Pairwise cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.group",["label"]="Group cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.capabilities",["label"]="RSN capabilities, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.pmkid",["label"]="PMKID",["n"]=16,["k"]="bytes",["w"]={{["f"]="s4.pmkids",["v"]={0},["no"]=true}}}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.5.1"]={
   ["parts"]={{["f"]="s4.status",["label"]="Status",["n"]=1,["k"]="uint"},{["f"]="s4.aid",["label"]="AID",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.6.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.7.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.8.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.9.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.10.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.11.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.12.1"]={
   ["parts"]={{["carried"]="eap",["label"]="EAP"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.13.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.anonce",["label"]="ANonce",["n"]=32,["k"]="bytes"},{["f"]="s4.pmkid",["label"]="PMKID",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.14.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.snonce",["label"]="SNonce",["n"]=32,["k"]="bytes"},{["f"]="s4.mic",["label"]="MIC",["n"]=16,["k"]="bytes"},{["f"]="s4.akm",["label"]="AKM suite",["n"]=1,["k"]="uint",["strict"]="akm"},{["f"]="s4.pairwise",["label"]="Pairwise cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.group",["label"]="Group cipher",["n"]=1,["k"]="uint",["strict"]="cipher"},{["f"]="s4.capabilities",["label"]="RSN capabilities, low octet",["n"]=1,["k"]="uint"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.15.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.mic",["label"]="MIC",["n"]=16,["k"]="bytes"},{["f"]="s4.wrapped",["label"]="Wrapped key data",["n"]="rest",["k"]="bytes",["secret"]=true,["w"]={{["f"]="s4.key_encrypted",["v"]={0},["no"]=true}}},{["f"]="s4.lite_element",["label"]="RSN element: AKM, pairwise, group, capabilities",["n"]="rest",["k"]="bytes"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.16.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.mic",["label"]="MIC",["n"]=16,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.17.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.rsc",["label"]="RSC",["n"]=6,["k"]="bytes"},{["f"]="s4.mic",["label"]="MIC",["n"]=16,["k"]="bytes"},{["f"]="s4.wrapped",["label"]="Wrapped key data",["n"]="rest",["k"]="bytes",["secret"]=true}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.18.1"]={
   ["parts"]={{["f"]="s4.key_info",["label"]="Key information",["n"]=1,["k"]="uint",["b"]={{["f"]="s4.key_index",["shift"]=0,["width"]=2},{["f"]="s4.key_pairwise",["shift"]=2,["width"]=1},{["f"]="s4.key_install",["shift"]=3,["width"]=1},{["f"]="s4.key_ack",["shift"]=4,["width"]=1},{["f"]="s4.key_mic",["shift"]=5,["width"]=1},{["f"]="s4.key_secure",["shift"]=6,["width"]=1},{["f"]="s4.key_encrypted",["shift"]=7,["width"]=1}}},{["f"]="s4.replay",["label"]="Replay counter, low octet",["n"]=1,["k"]="uint"},{["f"]="s4.mic",["label"]="MIC",["n"]=16,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.19.1"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.20.1"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.21.1"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.22.1"]={
   ["parts"]={{["f"]="s4.reason",["label"]="Reason",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.1.2"]={
   ["parts"]={{["elements"]=true}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.2.2"]={
   ["parts"]={{["f"]="s4.algorithm",["label"]="Authentication algorithm",["n"]=2,["k"]="uint_le",["strict"]="auth_algorithm"},{["f"]="s4.transaction",["label"]="Transaction",["n"]=2,["k"]="uint_le"},{["f"]="s4.status",["label"]="Status",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.3.2"]={
   ["parts"]={{["f"]="s4.algorithm",["label"]="Authentication algorithm",["n"]=2,["k"]="uint_le",["strict"]="auth_algorithm"},{["f"]="s4.transaction",["label"]="Transaction",["n"]=2,["k"]="uint_le"},{["f"]="s4.status",["label"]="Status",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.4.2"]={
   ["parts"]={{["f"]="s4.capability",["label"]="Capability",["n"]=2,["k"]="uint_le"},{["f"]="s4.listen_interval",["label"]="Listen interval",["n"]=2,["k"]="uint_le"},{["elements"]=true}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.5.2"]={
   ["parts"]={{["f"]="s4.capability",["label"]="Capability",["n"]=2,["k"]="uint_le"},{["f"]="s4.status",["label"]="Status",["n"]=2,["k"]="uint_le"},{["f"]="s4.aid",["label"]="AID",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.6.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.7.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.8.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.9.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.10.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.11.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.12.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.13.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.14.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.15.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.16.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.17.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.18.2"]={
   ["parts"]={{["carried"]="eapol",["label"]="EAPOL"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.19.2"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.20.2"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.21.2"]={
   ["parts"]={{["f"]="s4.key_id",["label"]="KeyID",["n"]=1,["k"]="uint"},{["f"]="s4.pn",["label"]="PN",["n"]=6,["k"]="uint"},{["f"]="s4.data",["label"]="Data",["n"]="rest",["k"]="bytes",["secret"]=true},{["f"]="s4.ccm_mic",["label"]="CCM MIC",["n"]=8,["k"]="bytes"}},
   ["clear"]={{["f"]="s4.clear",["label"]="Data in clear",["n"]="rest",["k"]="bytes"}},
  },
  ["4.22.2"]={
   ["parts"]={{["f"]="s4.reason",["label"]="Reason",["n"]=2,["k"]="uint_le"}},
   ["clear"]={{["f"]="s4.key_data",["label"]="Key data in clear",["n"]="rest",["k"]="bytes"}},
  },
 },
 ["full"]={["proto"]=5,["parts"]={{["carried"]="udp.port:4551",["label"]="MIS frame"}}},
}
-- AMP (draft IEEE 802.11bp) in Wireshark: reads the radio header, the frame, and the messages of the five systems by the
-- tables above. Nothing on the air can make it fail: what does not fit is flagged, and dissection of that packet ends.

local bit = bit or bit32 or require("bit")
local amp = Proto(T.filter, "Ambient Power (AMP, draft IEEE 802.11bp)")

local BASES = {dec = base.DEC, hex = base.HEX}
local fields, F = {}, {}
for _, d in ipairs(T.fields) do
  local name, make = T.filter .. "." .. d.f, ProtoField[d.t]
  local words = d.values ~= "" and T.values[d.values] or nil
  if d.t == "bytes" or d.t == "string" or d.t == "float" then
    F[d.f] = make(name, d.label)
  elseif d.mask ~= 0 then
    F[d.f] = make(name, d.label, BASES[d.base], words, d.mask)
  elseif d.t:sub(1, 3) == "int" or d.t == "uint64" then
    F[d.f] = make(name, d.label, BASES[d.base])
  else
    F[d.f] = make(name, d.label, BASES[d.base], words)
  end
  fields[#fields + 1] = F[d.f]
end

local function own(name, label, make, ...)
  F[name] = make(T.filter .. "." .. name, label, ...)
  fields[#fields + 1] = F[name]
end
own("name", "Name", ProtoField.string)
own("type_name", "Frame", ProtoField.string)
own("source", "From", ProtoField.string)
own("destination", "To", ProtoField.string)
own("node", "Seen by", ProtoField.string)
own("length_parameter", "Length known to the capture", ProtoField.string)
own("fcs", "FCS", ProtoField.uint16, base.HEX)
own("fcs_good", "FCS is right", ProtoField.uint8, base.DEC)
own("body", "Body", ProtoField.bytes)
own("payload", "Payload", ProtoField.bytes)
own("fragment_data", "Fragment", ProtoField.bytes)
own("reassembled", "Octets of the whole message", ProtoField.uint32, base.DEC)
own("trailing", "Octets beyond the layout", ProtoField.bytes)
own("cut", "Octets of a field that is cut", ProtoField.bytes)
own("prof_name", "Profile", ProtoField.string)
own("decrypted", "Decrypted", ProtoField.bytes)
own("decrypted_by", "Key", ProtoField.string)
own("decrypted_genuine", "Integrity checked", ProtoField.uint8, base.DEC)
own("element_id", "Element ID", ProtoField.uint8, base.DEC, T.values.element)
own("element_length", "Element length", ProtoField.uint8, base.DEC)
own("element_value", "Element value", ProtoField.bytes)
amp.fields = fields

local E = {
  fcs = ProtoExpert.new(T.filter .. ".expert.fcs", "FCS is wrong", expert.group.CHECKSUM, expert.severity.ERROR),
  short = ProtoExpert.new(T.filter .. ".expert.short", "Too short", expert.group.MALFORMED, expert.severity.ERROR),
  long = ProtoExpert.new(T.filter .. ".expert.long", "Octets beyond the layout", expert.group.MALFORMED, expert.severity.WARN),
  length = ProtoExpert.new(T.filter .. ".expert.length", "Length does not fit", expert.group.MALFORMED, expert.severity.ERROR),
  unknown = ProtoExpert.new(T.filter .. ".expert.unknown", "Unknown", expert.group.UNDECODED, expert.severity.WARN),
  reserved = ProtoExpert.new(T.filter .. ".expert.reserved", "Reserved value", expert.group.PROTOCOL, expert.severity.WARN),
  fragment = ProtoExpert.new(T.filter .. ".expert.fragment", "Fragment", expert.group.REASSEMBLE, expert.severity.NOTE),
  header = ProtoExpert.new(T.filter .. ".expert.header", "Radio header is broken", expert.group.MALFORMED, expert.severity.ERROR),
  defect = ProtoExpert.new(T.filter .. ".expert.defect", "Defect of this dissector", expert.group.UNDECODED, expert.severity.ERROR),
}
amp.experts = {E.fcs, E.short, E.long, E.length, E.unknown, E.reserved, E.fragment, E.header, E.defect}

for _, p in ipairs(T.lengths) do
  amp.prefs[p.name] = Pref.uint(p.words, p.default, "Where the capture does not say it")
end

-- Frame check sequence: CRC-16/X-25, least significant bit first
local CRC = {}
for octet = 0, 255 do
  local r = octet
  for _ = 1, 8 do
    local low = bit.band(r, 1)
    r = bit.rshift(r, 1)
    if low == 1 then r = bit.bxor(r, 0x8408) end
  end
  CRC[octet] = r
end
local function crc16(range)
  local octets, r = range:bytes(), 0xFFFF
  for i = 0, octets:len() - 1 do
    r = bit.bxor(bit.rshift(r, 8), CRC[bit.band(bit.bxor(r, octets:get_index(i)), 0xFF)])
  end
  return bit.band(bit.bxor(r, 0xFFFF), 0xFFFF)
end

-- Values read so far decide what follows
local function holds(ctx, conditions)
  for _, c in ipairs(conditions or {}) do
    local found = false
    for _, v in ipairs(c.v) do found = found or (ctx.v[c.f] or 0) == v end
    if found == c.no then return false end
  end
  return true
end

local COMPUTED = {
  listed = function(ctx) return 2 * (ctx.v["trigger.slots"] or 0) end,
  bitmap = function(ctx) return math.floor(((ctx.v["group_ack.slots"] or 0) + 7) / 8) end,
  gen2 = function(ctx) return math.floor(((ctx.v["rfid.count"] or 0) + 7) / 8) end,
  s3_id = function(ctx) return T.id_octets[ctx.p.s3_id_mode] or 8 end,
  policy_mac = function(ctx)
    local octet = ctx.v["s3.policy"] or 0
    if bit.band(octet, 0x40) ~= 0 then octet = ctx.p.s3_policy end
    if bit.band(octet, 0x06) == 0 then return 0 end
    return T.mac_lengths[bit.band(bit.rshift(octet, 4), 3)]
  end,
  suites_pairwise = function(ctx) return 4 * (ctx.v["s4.rsn_pairwise_count"] or 0) end,
  suites_akm = function(ctx) return 4 * (ctx.v["s4.rsn_akm_count"] or 0) end,
}

local octets_of
local function octets_after(ctx, parts, first)
  local sum = 0
  for i = first, #parts do
    local p = parts[i]
    if holds(ctx, p.w) then
      if p.nested then
        sum = sum + octets_after(ctx, T.layouts[p.nested], 1)
      elseif p.n and p.n ~= "rest" then
        sum = sum + octets_of(ctx, p.n)
      end
    end
  end
  return sum
end
octets_of = function(ctx, size)
  if type(size) == "number" then return size end
  if COMPUTED[size] then return COMPUTED[size](ctx) end
  return ctx.p[size] or 0
end

local function flag(tree, what, text)
  tree:add_proto_expert_info(what, text)
end

local function value_of(part, range)
  if range:len() > 4 then return nil end
  if part.k == "uint_le" or part.k == "id" then return range:le_uint() end
  return range:uint()
end

local function add_bits(ctx, tree, part, range, value)
  for _, b in ipairs(part.b or {}) do
    local v = bit.band(bit.rshift(value, b.shift), bit.lshift(1, b.width) - 1)
    ctx.v[b.f] = v
    local item = tree:add(F[b.f], range, value)
    if b.strict and not T.values[b.strict][v] then flag(item, E.reserved, b.f .. " is " .. v) end
    if b.zero and v ~= 0 then flag(item, E.reserved, "reserved bits are " .. v) end
  end
end

local function add_field(ctx, tree, part, range)
  if part.k == "bits" then
    local text, count = {}, ctx.v["rfid.count"] or 0
    local octets = range:bytes()
    for i = 0, math.min(count, 8 * octets:len()) - 1 do
      local octet = octets:get_index(math.floor(i / 8))
      text[#text + 1] = tostring(bit.band(bit.rshift(octet, i % 8), 1))
    end
    tree:add(F[part.f], range, table.concat(text))
    return
  end
  if part.k == "bytes" then
    local item = tree:add(F[part.f], range)
    if part.secret and (ctx.v["s1.encrypted"] or 1) == 1 then item:append_text(" (encrypted)") end
    return
  end
  local value = value_of(part, range)
  if value == nil then
    tree:add(F[part.f], range, range:uint64())
    return
  end
  ctx.v[part.f] = value
  local item = tree:add(F[part.f], range, value)
  if part.k == "id" and value == T.broadcast then item:append_text(" (broadcast)") end
  if part.unit == "slot" then item:append_text(string.format(" (%g µs)", value * T.slot_unit_us)) end
  if part.strict and not T.values[part.strict][value] then flag(item, E.reserved, part.f .. " is " .. value) end
  if part.min and value < part.min then flag(item, E.reserved, part.f .. " is " .. value) end
  if part.b then add_bits(ctx, item, part, range, value) end
end

local read_layout
local function add_elements(ctx, tree, tvb, at, stop)
  while at < stop do
    if stop - at < 2 or stop - at < 2 + tvb(at + 1, 1):uint() then
      flag(tree:add(F.cut, tvb(at, stop - at)), E.short, "an element is cut")
      return stop, false
    end
    local id, size = tvb(at, 1):uint(), tvb(at + 1, 1):uint()
    local item = tree:add(amp, tvb(at, 2 + size), "Element: " .. (T.values.element[id] or id))
    item:add(F.element_id, tvb(at, 1))
    item:add(F.element_length, tvb(at + 1, 1))
    if size > 0 then
      item:add(F.element_value, tvb(at + 2, size))
      if id == 48 then read_layout(ctx, item, tvb, at + 2, at + 2 + size, T.rsn_element) end
    end
    at = at + 2 + size
  end
  return at, true
end

local function carry(ctx, tree, tvb, at, stop, part)
  ctx.carried = part.carried:find(":") ~= nil
  local known, port = part.carried:match("^([%a.]+):(%d+)$")
  local dissector
  if known then
    dissector = DissectorTable.get(known):get_dissector(tonumber(port))
  else
    dissector = Dissector.get(part.carried)
  end
  if dissector and stop > at then
    if not pcall(dissector.call, dissector, tvb(at, stop - at):tvb(), ctx.pinfo, tree) then
      flag(tree:add(F.payload, tvb(at, stop - at)), E.short, part.label .. " is broken")
    end
  end
  ctx.pinfo.cols.protocol = "AMP"
  return stop, true
end

-- Returns where it ended, and whether all that the layout wants was there
read_layout = function(ctx, tree, tvb, at, stop, parts)
  for i, part in ipairs(parts) do
    if holds(ctx, part.w) then
      local whole
      if part.nested then
        at, whole = read_layout(ctx, tree, tvb, at, stop - octets_after(ctx, parts, i + 1), T.layouts[part.nested])
        if not whole then return at, false end
      elseif part.carried then
        return carry(ctx, tree, tvb, at, stop, part)
      elseif part.elements then
        return add_elements(ctx, tree, tvb, at, stop)
      else
        local left = stop - at
        local size = part.n == "rest" and left - octets_after(ctx, parts, i + 1) or octets_of(ctx, part.n)
        if size < 0 or size > left then
          local item = tree:add(F.cut, tvb(at, math.max(left, 0)))
          flag(item, E.short, string.format("%s needs %d octets, %d are left", part.label, math.max(size, 0), left))
          return stop, false
        end
        if size > 0 and part.r then
          for k = at, at + size - part.r, part.r do add_field(ctx, tree, part, tvb(k, part.r)) end
          local odd = size % part.r
          if odd > 0 then
            flag(tree:add(F.cut, tvb(at + size - odd, odd)), E.short, part.label .. " is cut")
          end
        elseif size > 0 then
          add_field(ctx, tree, part, tvb(at, size))
        end
        at = at + size
      end
    end
  end
  return at, true
end

local function read_whole(ctx, tree, tvb, at, stop, parts)
  local ended, whole = read_layout(ctx, tree, tvb, at, stop, parts)
  if whole and ended < stop then
    flag(tree:add(F.trailing, tvb(ended, stop - ended)), E.long, stop - ended .. " octets beyond the layout")
  end
end

-- Fragments, put together on the first pass
local partial, complete = {}, {}
function amp.init()
  partial, complete = {}, {}
end

local function reassembled(ctx, range)
  local number, shim = ctx.pinfo.number, ctx.v
  if ctx.pinfo.visited then return complete[number] end
  local key = table.concat({ctx.node, ctx.sent, ctx.downlink, shim.id, shim.proto, shim.msg, shim.prof}, "/")
  local held = partial[key]
  if shim.fragment_number == 0 then
    held = {next = 0, octets = ByteArray.new()}
  end
  if not held or held.next ~= shim.fragment_number or not ctx.fcs_good then
    partial[key] = nil
    return nil
  end
  held.octets:append(range:bytes())
  held.next = held.next + 1
  partial[key] = held
  if shim.more == 0 then
    partial[key] = nil
    complete[number] = held.octets
  end
  return complete[number]
end

local function message_name(v)
  local key = v.proto .. "." .. v.msg
  return T.names[key .. "." .. v.prof] or T.names[key] or ("S" .. v.proto .. " message " .. v.msg)
end

local function add_decrypted(ctx, tree, message)
  for _, found in ipairs(ctx.decrypted) do
    local range = found.range
    if range:len() >= 2 and range:len() >= 2 + range(1, 1):uint() then
      local words, tvb = range(1, 1):uint(), ctx.tvb
      local item = tree:add(F.decrypted_by, range(2, words))
      item:add(F.decrypted_genuine, range(0, 1))
      local at, stop = range:offset() + 2 + words, range:offset() + range:len()
      if stop > at then
        item:add(F.decrypted, tvb(at, stop - at))
        if message and #message.clear > 0 and not ctx.carried then read_whole(ctx, item, tvb, at, stop, message.clear) end
      end
    end
  end
end

local function add_message(ctx, tree, tvb, at, stop)
  local v = ctx.v
  local name, key = message_name(v), v.proto .. "." .. v.msg .. "." .. v.prof
  local message = T.messages[key]
  local sub = tree:add(amp, tvb(at, stop - at), (T.values.proto[v.proto] or ("system " .. v.proto)) .. ": " .. name)
  local profs = T.prof_names[v.proto]
  sub:add(F.prof_name, profs and profs[v.prof] or ("PROF " .. v.prof)):set_generated()
  if not message then
    if stop > at then sub:add(F.payload, tvb(at, stop - at)) end
    flag(sub, E.unknown, "no layout for " .. name .. " in PROF " .. v.prof)
  elseif v.proto == T.full.proto and ctx.p.s5_full == 1 then
    read_whole(ctx, sub, tvb, at, stop, T.full.parts)
  else
    read_whole(ctx, sub, tvb, at, stop, message.parts)
  end
  add_decrypted(ctx, sub, message)
end

local function add_shimmed(ctx, tree, tvb, at, stop)
  local start, whole = read_layout(ctx, tree, tvb, at, stop, T.shim)
  if not whole then return end
  local v = ctx.v
  if v.proto == 0 then
    if stop > start then tree:add(F.payload, tvb(start, stop - start)) end
    return
  end
  if v.more == 0 and v.fragment_number == 0 then
    ctx.name = message_name(v)
    add_message(ctx, tree, tvb, start, stop)
    return
  end
  ctx.name = message_name(v) .. " [" .. v.fragment_number .. "]"
  local piece = tvb(start, stop - start)
  if stop > start then tree:add(F.fragment_data, piece) end
  local octets = reassembled(ctx, piece)
  if octets and octets:len() > 0 then
    tree:add(F.reassembled, octets:len()):set_generated()
    local message = octets:tvb("Whole message")
    add_message(ctx, tree, message, 0, message:len())
  elseif v.more == 0 then
    flag(tree, E.fragment, "earlier fragments are missing")
  elseif v.fragment_number + 1 >= T.fragments_max then
    flag(tree, E.reserved, "more after fragment " .. v.fragment_number)
  end
end

local function check_fcs(ctx, tree, tvb, at, stop, octets)
  local range = tvb(stop - octets, octets)
  local right = crc16(tvb(at, stop - octets - at))
  if octets == 1 then right = bit.band(right, 0xFF) end
  local value = range:le_uint()
  ctx.fcs_good = value == right
  local item = tree:add(F.fcs, range, value)
  tree:add(F.fcs_good, range, ctx.fcs_good and 1 or 0):set_generated()
  if not ctx.fcs_good then flag(item, E.fcs, string.format("FCS should be 0x%04X", right)) end
end

local function add_ends(ctx, tree)
  local id = ctx.v.id
  local station = id == nil and "?" or id == T.broadcast and "all" or string.format("0x%04X", id)
  local from, to = station, "AP"
  if ctx.downlink == 1 then from, to = "AP", station end
  tree:add(F.source, from):set_generated()
  tree:add(F.destination, to):set_generated()
  ctx.pinfo.cols.src, ctx.pinfo.cols.dst = from, to
end

local function add_frame(ctx, tree, tvb, at, stop)
  add_field(ctx, tree, T.head.control, tvb(at, 1))
  local kind = ctx.v.type
  ctx.name = T.type_names[kind] or ("type " .. kind)
  local type_item = tree:add(F.type_name, ctx.name)
  type_item:set_generated()
  if stop - at < 3 then
    flag(tree, E.short, stop - at .. " octets")
    return
  end
  add_field(ctx, tree, T.head.id, tvb(at + 1, 2))
  add_ends(ctx, tree)
  if T.short[kind] then
    if stop - at < T.short_octets then
      flag(tree, E.short, stop - at .. " octets, a short frame has " .. T.short_octets)
      return
    end
    if stop - at > T.short_octets then flag(tree, E.length, "a short frame has " .. T.short_octets .. " octets") end
    check_fcs(ctx, tree, tvb, at, at + T.short_octets, 1)
    if kind == T.excitation and ctx.v.id ~= 0 then flag(tree, E.reserved, "an Excitation frame has ID 0") end
    return
  end
  if stop - at < T.mac_header + 1 + T.fcs then
    flag(tree, E.short, stop - at .. " octets")
    if stop - at >= T.mac_header then add_field(ctx, tree, T.head.by_type, tvb(at + 3, 2)) end
    return
  end
  add_field(ctx, tree, T.head.by_type, tvb(at + 3, 2))
  local expected = T.mac_header + ctx.v.length + 1 + T.fcs
  if stop - at ~= expected then
    flag(tree, E.length, string.format("%d octets, Length says %d", stop - at, expected))
  end
  check_fcs(ctx, tree, tvb, at, stop, T.fcs)
  if T.broadcast_only[kind] and ctx.v.id ~= T.broadcast then flag(tree, E.reserved, "its ID is not broadcast") end
  local first, last = at + T.mac_header, stop - T.fcs
  if T.shimmed[kind] then
    add_shimmed(ctx, tree, tvb, first, last)
  elseif T.frames[kind] then
    read_whole(ctx, tree, tvb, first, last, T.frames[kind])
  else
    tree:add(F.body, tvb(first, last - first))
    if not T.values.type[kind] then flag(type_item, E.unknown, "frame type " .. kind) end
  end
end

local ADD = {
  uint8 = function(r) return r:le_uint() end,
  uint16 = function(r) return r:le_uint() end,
  uint32 = function(r) return r:le_uint() end,
  uint64 = function(r) return r:le_uint64() end,
  int32 = function(r) return r:le_int() end,
  int64 = function(r) return r:le_int64() end,
  float = function(r) return r:le_float() end,
}

local function add_radio(ctx, tree, tvb)
  local length = tvb(6, 2):le_uint()
  local radio = tree:add(amp, tvb(0, math.min(length, tvb:len())), "Radio header")
  local have = tvb(8, 4):le_uint()
  ctx.sent, ctx.downlink = bit.band(have, T.sent) ~= 0 and 1 or 0, bit.band(have, T.downlink) ~= 0 and 1 or 0
  for _, d in ipairs(T.radio) do
    local range = tvb(d.at, d.n)
    local known = d.p == 0 or bit.band(have, d.p) ~= 0
    if d.s then known = ctx.sent == 1 and range:le_uint() ~= 0 end
    if known then
      local item = radio:add(F[d.f], range, ADD[d.t](range))
      if d.f == "radio.flags" then
        for _, name in ipairs(T.radio_flags) do item:add(F[name], range, have) end
      end
    end
  end
  if tvb(4, 1):uint() ~= T.version then
    flag(radio, E.header, "version " .. tvb(4, 1):uint() .. ", this dissector reads " .. T.version)
    return nil
  end
  if length < T.header_octets or length > tvb:len() then
    flag(radio, E.header, "its length is " .. length)
    return nil
  end
  local at = T.header_octets
  while at < length do
    if length - at < 4 or length - at < 4 + tvb(at + 2, 2):le_uint() then
      flag(radio, E.header, "a TLV is cut")
      break
    end
    local kind, size = tvb(at, 2):le_uint(), tvb(at + 2, 2):le_uint()
    if size > 0 then
      local range = tvb(at + 4, size)
      if kind == T.tlv.node then
        ctx.node = range:string()
        radio:add(F.node, range)
      elseif kind == T.tlv.parameters then
        for i = 0, size - 2, 2 do
          local number, value = range(i, 1):uint(), range(i + 1, 1):uint()
          for _, p in ipairs(T.lengths) do
            if p.number == number then
              ctx.p[p.name] = value
              radio:add(F.length_parameter, range(i, 2), p.name .. " = " .. value)
            end
          end
        end
      elseif kind == T.tlv.decrypted then
        ctx.decrypted[#ctx.decrypted + 1] = {range = range}
      end
    end
    at = at + 4 + size
  end
  return length
end

local function dissect(ctx, tvb, tree)
  local length = add_radio(ctx, tree, tvb)
  if not length then return end
  if length == tvb:len() then
    flag(tree, E.short, "no octet of a PSDU")
    return
  end
  local psdu = tree:add(amp, tvb(length, tvb:len() - length), "PSDU")
  add_frame(ctx, psdu, tvb, length, tvb:len())
  psdu:add(F.name, ctx.name):set_generated()
  psdu:append_text(": " .. ctx.name)
end

function amp.dissector(tvb, pinfo, root)
  if tvb:len() < T.header_octets or tvb(0, 4):string() ~= T.magic then return 0 end
  pinfo.cols.protocol = "AMP"
  local ctx = {pinfo = pinfo, tvb = tvb, v = {}, p = {}, decrypted = {}, node = "", sent = 0, downlink = 0, name = "?"}
  for _, p in ipairs(T.lengths) do ctx.p[p.name] = amp.prefs[p.name] end
  local tree = root:add(amp, tvb())
  local fine, why = pcall(dissect, ctx, tvb, tree)
  if not fine then flag(tree, E.defect, tostring(why)) end
  local kind = T.values.kind[tvb(5, 1):uint()] or ("PPDU kind " .. tvb(5, 1):uint())
  local bad = ctx.fcs_good == false and " [FCS is wrong]" or ""
  local clear = #ctx.decrypted > 0 and " [decrypted]" or ""
  pinfo.cols.info = string.format("%s  %s at %s, %s%s%s", ctx.name, ctx.sent == 1 and "sent" or "received",
                                  ctx.node ~= "" and ctx.node or "?", kind, bad, clear)
  tree:append_text(": " .. ctx.name)
  return tvb:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, amp)
