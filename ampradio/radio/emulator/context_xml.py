"""The context as libiio's clients ask for it: XML with the document type inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from ampradio.radio.emulator.iio_tree import Attribute, Channel, Device, of_channel

_DTD = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE context ['
    "<!ELEMENT context (device | context-attribute)*>"
    "<!ELEMENT context-attribute EMPTY>"
    "<!ELEMENT device (channel | attribute | debug-attribute | buffer-attribute)*>"
    "<!ELEMENT channel (scan-element?, attribute*)>"
    "<!ELEMENT attribute EMPTY><!ELEMENT scan-element EMPTY>"
    "<!ELEMENT debug-attribute EMPTY><!ELEMENT buffer-attribute EMPTY>"
    "<!ATTLIST context name CDATA #REQUIRED version-major CDATA #IMPLIED version-minor CDATA #IMPLIED "
    "version-git CDATA #IMPLIED description CDATA #IMPLIED>"
    "<!ATTLIST context-attribute name CDATA #REQUIRED value CDATA #REQUIRED>"
    "<!ATTLIST device id CDATA #REQUIRED name CDATA #IMPLIED label CDATA #IMPLIED>"
    "<!ATTLIST channel id CDATA #REQUIRED type (input|output) #REQUIRED name CDATA #IMPLIED>"
    "<!ATTLIST scan-element index CDATA #REQUIRED format CDATA #REQUIRED scale CDATA #IMPLIED>"
    "<!ATTLIST attribute name CDATA #REQUIRED filename CDATA #IMPLIED value CDATA #IMPLIED>"
    "<!ATTLIST debug-attribute name CDATA #REQUIRED value CDATA #IMPLIED>"
    "<!ATTLIST buffer-attribute name CDATA #REQUIRED value CDATA #IMPLIED>]>"
)


def context_xml(devices: Sequence[Device], attributes: Mapping[str, str], version: tuple[int, int, str]) -> str:
    """Return the context of ``devices`` with its own ``attributes``; ``version`` is libiio's (major, minor, tag)."""
    major, minor, tag = version
    described = quoteattr(f"Linux {attributes['local,kernel']} armv7l")
    parts = [
        f'{_DTD}<context name="network" version-major="{major}" version-minor="{minor}" '
        f'version-git="{tag}" description={described}>'
    ]
    parts += [f"<context-attribute name={quoteattr(n)} value={quoteattr(v)}/>" for n, v in attributes.items()]
    parts += [_device(device) for device in devices]
    return "".join(parts) + "</context>"


def _device(device: Device) -> str:
    name = f" name={quoteattr(device.name)}"
    return (
        f"<device id={quoteattr(device.identity)}{name}>"
        + "".join(map(_channel, device.channels))
        + "".join(_plain("attribute", each) for each in device.attributes)
        + "".join(_plain("buffer-attribute", each) for each in device.buffer)
        + "".join(_plain("debug-attribute", each) for each in device.debug)
        + "</device>"
    )


def _channel(channel: Channel) -> str:
    label = f" name={quoteattr(channel.label)}" if channel.label else ""
    scan = ""
    if channel.scan is not None:
        scan = f'<scan-element index="{channel.scan[0]}" format={quoteattr(channel.scan[1])}/>'
    direction = "output" if channel.output else "input"
    attributes = "".join(
        f"<attribute name={quoteattr(each.name)} filename={quoteattr(filename)}/>"
        for filename, each in of_channel(channel)
    )
    return f'<channel id={quoteattr(channel.name)}{label} type="{direction}">{scan}{attributes}</channel>'


def _plain(element: str, attribute: Attribute) -> str:
    return f"<{element} name={quoteattr(attribute.name)}/>"
