"""Kafka's records: a batch of them in bytes (message format 2), and the partition that a key belongs to."""
import struct
import time
import zlib
from collections import namedtuple

HEAD = struct.Struct(">qiibIhiqqqhii")  # the batch up to its records

# `value` None: a tombstone. `headers`: a list of (name, bytes or None). `partition`, `offset`, `time_ms` are given when read.
Record = namedtuple("Record", "key value headers partition offset time_ms", defaults=(None, None, (), None, None, None))


def bytes_of(text):
    return text.encode() if isinstance(text, str) else text


# --- checksum: CRC-32C (Castagnoli) ---

def _table():
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        yield n


TABLE = tuple(_table())


def crc32c(data):
    crc, table = 0xFFFFFFFF, TABLE
    for byte in data:
        crc = crc >> 8 ^ table[crc & 0xFF ^ byte]
    return crc ^ 0xFFFFFFFF


# --- the partition of a key, as Java clients choose it (murmur2) ---

def murmur2(data):
    def mixed(word):
        word = word * 0x5BD1E995 & 0xFFFFFFFF
        return (word ^ word >> 24) * 0x5BD1E995 & 0xFFFFFFFF
    code = 0x9747B28C ^ len(data)
    for at in range(0, len(data) & ~3, 4):
        code = code * 0x5BD1E995 & 0xFFFFFFFF ^ mixed(int.from_bytes(data[at:at + 4], "little"))
    rest = data[len(data) & ~3:]
    if rest:
        code = (code ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & 0xFFFFFFFF
    code = (code ^ code >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return code ^ code >> 15


def partition_of(key, partitions):
    return (murmur2(bytes_of(key)) & 0x7FFFFFFF) % partitions


# --- bytes ---

def _varint(value):
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _blob(data):
    return _varint(-1) if data is None else _varint(len(data)) + data


def pack(records):
    """A batch. Times are now."""
    now = int(time.time() * 1000)
    parts = []
    for i, record in enumerate(records):
        headers = b"".join(_blob(bytes_of(name)) + _blob(bytes_of(value)) for name, value in record.headers)
        body = b"\0" + _varint(0) + _varint(i) + _blob(bytes_of(record.key)) + _blob(bytes_of(record.value)) + \
            _varint(len(record.headers)) + headers
        parts.append(_varint(len(body)) + body)
    rest = struct.pack(">hiqqqhii", 0, len(records) - 1, now, now, -1, -1, -1, len(records)) + b"".join(parts)
    return struct.pack(">qiibI", 0, 9 + len(rest), -1, 2, crc32c(rest)) + rest


class _Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)
            shift += 7

    def blob(self):
        n = self.varint()
        if n < 0:
            return None
        self.at += n
        return self.data[self.at - n:self.at]


def _records(data, count, base, time_ms, partition):
    r = _Bytes(data)
    for _ in range(count):
        r.varint()
        r.at += 1
        time_delta, offset_delta = r.varint(), r.varint()
        key, value = r.blob(), r.blob()
        headers = [((r.blob() or b"").decode(), r.blob()) for _ in range(r.varint())]
        yield Record(key, value, headers, partition, base + offset_delta, time_ms + time_delta)


def unpack(data, partition):
    """Records of all whole batches; markers of transactions are passed over."""
    found, at = [], 0
    while at + HEAD.size <= len(data):
        base, length, _, magic, crc, attributes, _, time_ms, _, _, _, _, count = HEAD.unpack_from(data, at)
        end = at + 12 + length
        if end > len(data):
            break
        if magic != 2 or crc32c(data[at + 21:end]) != crc:
            raise ValueError("a batch of an unknown format, or damaged")
        if not attributes & 0x20:
            records = data[at + HEAD.size:end]
            if attributes & 7 == 1:
                records = zlib.decompress(records, 31)
            elif attributes & 7:
                raise ValueError("an unknown compression")
            found += _records(records, count, base, time_ms, partition)
        at = end
    return found
