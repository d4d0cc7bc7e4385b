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
