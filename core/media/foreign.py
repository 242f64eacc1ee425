"""What people upload by mistake, so that the refusal can say what it saw."""

from __future__ import annotations

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ", "a Windows program"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg stream"),
    (b"fLaC", "a FLAC recording"),
    (b"FLV", "a Flash video"),
    (b"0&\xb2u\x8ef\xcf\x11", "a Windows Media (ASF) file"),
    (b"\0\0\x01\xb3", "an MPEG elementary stream"),
    (b"\0\0\0\x01\x67", "a raw H.264 stream"),
    (b"\0\0\0\x01\x09", "a raw H.264 stream"),
    (b"\0\0\0\x01\x40", "a raw HEVC stream"),
    (b"\0\0\0\x01\x46", "a raw HEVC stream"),
    (b"\x06\x0e\x2b\x34", "an MXF file"),
    (b".RMF", "a RealMedia file"),
    (b"DKIF", "an IVF stream"),
    (b"YUV4MPEG2", "a Y4M stream"),
    (b"nut/multimedia container", "a NUT file"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"8BPS", "a Photoshop document"),
    (b"gimp xcf", "a GIMP document"),
    (b"\0\0\x01\0", "an icon"),
    (b"\0\0\x02\0", "a mouse pointer"),
    (b"icns", "an icon"),
    (b"IIRO", "an Olympus ORF raw photo"),
    (b"IIRS", "an Olympus ORF raw photo"),
    (b"MMOR", "an Olympus ORF raw photo"),
    (b"IIU\0", "a Panasonic RW2 raw photo"),
    (b"FUJIFILMCCD-RAW", "a Fujifilm RAF raw photo"),
    (b"FOVb", "a Sigma X3F raw photo"),
    (b"\0MRM", "a Minolta MRW raw photo"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"#?RGBE", "a Radiance HDR picture"),
    (b"qoif", "a QOI picture"),
    (b"DDS ", "a DirectDraw texture"),
    (b"\xabKTX ", "a KTX texture"),
    (b"BPG\xfb", "a BPG picture"),
    (b"FLIF", "a FLIF picture"),
    (b"\x8aMNG", "an MNG animation"),
    (b"\x8bJNG", "a JNG picture"),
    (b"AT&TFORM", "a DjVu document"),
    (b"\x01\xda", "an SGI picture"),
    (b"\x59\xa6\x6a\x95", "a Sun raster picture"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"%!PS", "a PostScript document"),
    (b"SIMPLE  =", "a FITS picture"),
    (b"#EXTM3U", "an HLS playlist"),
    (b"MThd", "a MIDI file"),
    (b"{\\rtf", "an RTF document"),
    (b"#!", "a script"),
)
# Major brands of ISO files that are none of ours.
BRANDS = {
    b"crx ": "a Canon CR3 raw photo",
    b"jp2 ": "JPEG 2000",
    b"jpx ": "JPEG 2000",
    b"j2ki": "JPEG 2000 in HEIF",
    b"jxl ": "JPEG XL",
    b"avci": "H.264 pictures in HEIF",
    b"avcs": "H.264 pictures in HEIF",
    b"vvic": "VVC pictures in HEIF",
}
_PORTABLE_ANYMAPS = tuple(b"P%d%c" % (kind, space) for kind in range(1, 8) for space in b"\n \r\t")
_WITHIN = ((128, b"DICM", "a DICOM picture"), (40, b" EMF", "a Windows metafile"))


def looks_like(head: bytes) -> str:
    """What the first bytes of a file look like, in words."""
    for magic, what in _SIGNATURES:
        if head.startswith(magic):
            return what
    for at, magic, what in _WITHIN:
        if head.startswith(magic, at):
            return what
    if head.startswith(_PORTABLE_ANYMAPS):
        return "a portable anymap (PBM, PGM or PPM)"
    return _looks_like_stream(head) or _looks_like_text(head)


def _looks_like_stream(head: bytes) -> str | None:
    if head[0] == 0x47 and head[188:189] in (b"\x47", b""):
        return "an MPEG transport stream"
    if head[0] == 0xFF and len(head) > 1 and head[1] & 0xE0 == 0xE0:
        return "an MP3 or AAC recording"
    return None


def _looks_like_text(head: bytes) -> str:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character cut by the end of the head is no error
            return "an unknown binary file"
        text = head[: error.start].decode("utf-8")
    if any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        return "an unknown binary file"
    start = text.lstrip("\ufeff \t\r\n")[:256].lower()
    if "<svg" in start:
        return "an SVG drawing"
    if start.startswith(("<!doctype html", "<html")):
        return "a web page"
    return "plain text"
