"""A small Kafka client of the tests' own: the wire protocol (kafka.apache.org/protocol), one connection to one broker.

It is not librdkafka on purpose: what Bauta sends and commits is read by somebody else's eyes. Only old versions of
requests, those before "flexible" encodings. No external module.
"""
import socket
import struct

import kafka_batch

PRODUCE, FETCH, LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR = 0, 1, 2, 3, 8, 9, 10
LEAVE_GROUP, DESCRIBE_GROUPS, CREATE_TOPICS, CREATE_PARTITIONS = 13, 15, 19, 37
# Errors that pass: a leader or coordinator is being chosen, loaded or made.
PASSING = {3: "unknown topic or partition", 5: "leader not available", 6: "not leader", 14: "coordinator load in progress",
           15: "coordinator not available", 16: "not coordinator"}
FETCH_BYTES = 8 << 20


class Error(Exception):
    """A broker's error code."""

    def __init__(self, code, what):
        super().__init__("Kafka answers %d to %s" % (code, what))
        self.code = code
        self.passing = code in PASSING


def check(code, what):
    if code:
        raise Error(code, what)


class Writer:
    def __init__(self):
        self.bytes = bytearray()

    def _pack(self, form, value):
        self.bytes += struct.pack(">" + form, value)
        return self

    def i8(self, value):
        return self._pack("b", value)

    def i16(self, value):
        return self._pack("h", value)

    def i32(self, value):
        return self._pack("i", value)

    def i64(self, value):
        return self._pack("q", value)

    def text(self, value):
        if value is None:
            return self.i16(-1)
        value = value.encode()
        self.i16(len(value)).bytes += value
        return self

    def data(self, value):
        self.i32(len(value)).bytes += value
        return self

    def array(self, values, write):
        self.i32(len(values))
        for value in values:
            write(self, value)
        return self


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise EOFError("a short answer")
        self.at += n
        return self.data[self.at - n:self.at]

    def i8(self):
        return struct.unpack(">b", self.take(1))[0]

    def i16(self):
        return struct.unpack(">h", self.take(2))[0]

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def i64(self):
        return struct.unpack(">q", self.take(8))[0]

    def text(self):
        n = self.i16()
        return None if n < 0 else self.take(n).decode()

    def blob(self):
        n = self.i32()
        return None if n < 0 else self.take(n)

    def array(self, read):
        return [read(self) for _ in range(self.i32())]


class Wire:
    """One connection; made at the first request, again after a fault. OSError: the broker is not there."""

    def __init__(self, host, port, timeout_s=30):
        self.host, self.port, self.timeout_s = host, port, timeout_s
        self.socket, self.count = None, 0

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None

    def _read(self, n):
        parts = bytearray()
        while len(parts) < n:
            part = self.socket.recv(min(n - len(parts), 1 << 20))
            if not part:
                raise ConnectionResetError("the broker closed the connection")
            parts += part
        return bytes(parts)

    def ask(self, api, version, body):
        self.count += 1
        head = struct.pack(">hhi", api, version, self.count) + Writer().text("bauta-tests").bytes
        try:
            if not self.socket:
                self.socket = socket.create_connection((self.host, self.port), self.timeout_s)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(struct.pack(">i", len(head) + len(body.bytes)) + head + bytes(body.bytes))
            answer = Reader(self._read(struct.unpack(">i", self._read(4))[0]))
        except OSError:
            self.close()
            raise
        if answer.i32() != self.count:
            self.close()
            raise ConnectionResetError("an answer to another request")
        return answer

    # --- topics ---

    def topics(self):
        """{name: number of partitions that have a leader}."""
        answer = self.ask(METADATA, 1, Writer().i32(-1))
        answer.array(lambda r: (r.i32(), r.text(), r.i32(), r.text()))
        answer.i32()
        found = {}

        def partition(r):
            error, _, leader = r.i16(), r.i32(), r.i32()
            r.array(Reader.i32), r.array(Reader.i32)
            return error == 0 and leader >= 0

        def topic(r):
            r.i16()
            name = r.text()
            r.i8()
            found[name] = sum(r.array(partition))
        answer.array(topic)
        return found

    def create(self, topics):
        """{name: (partitions, {setting: value})}. Error 36: it is there already."""
        def topic(w, item):
            name, (partitions, settings) = item
            w.text(name).i32(partitions).i16(1).i32(0)
            w.array(list(settings.items()), lambda w, pair: w.text(pair[0]).text(pair[1]))
        body = Writer().array(list(topics.items()), topic).i32(30000).i8(0)
        answer = self.ask(CREATE_TOPICS, 2, body)
        answer.i32()
        for name, code, why in answer.array(lambda r: (r.text(), r.i16(), r.text())):
            check(code, "create %s: %s" % (name, why))

    def grow(self, topic, partitions):
        """More partitions of a topic."""
        body = Writer().array([topic], lambda w, name: w.text(name).i32(partitions).i32(-1)).i32(30000).i8(0)
        answer = self.ask(CREATE_PARTITIONS, 1, body)
        answer.i32()
        for name, code, why in answer.array(lambda r: (r.text(), r.i16(), r.text())):
            check(code, "grow %s: %s" % (name, why))

    # --- records ---

    def produce(self, topic, partition, records):
        """Records (kafka_batch.Record) as one batch, acknowledged by all replicas; the first one's offset."""
        body = Writer().text(None).i16(-1).i32(30000)
        body.array([partition], lambda w, p: w.text(topic).array([p], lambda w, p: w.i32(p).data(kafka_batch.pack(records))))
        answer = self.ask(PRODUCE, 3, body)
        ((_, ((_, code, offset, _),)),) = answer.array(
            lambda r: (r.text(), r.array(lambda r: (r.i32(), r.i16(), r.i64(), r.i64()))))
        check(code, "produce to %s/%d" % (topic, partition))
        return offset

    def fetch(self, topic, partition, offset, wait_ms=0):
        """(records from that offset on, high watermark); committed ones only. Waits up to wait_ms for one."""
        body = Writer().i32(-1).i32(wait_ms).i32(1).i32(FETCH_BYTES).i8(1)
        body.array([partition], lambda w, p: w.text(topic).array([p], lambda w, p: w.i32(p).i64(offset).i32(FETCH_BYTES)))
        answer = self.ask(FETCH, 4, body)
        answer.i32()

        def read(r):
            part, code, high, _ = r.i32(), r.i16(), r.i64(), r.i64()
            aborted = r.array(lambda r: (r.i64(), r.i64()))
            check(code, "fetch from %s/%d" % (topic, part))
            if aborted:
                raise ValueError("aborted transactions are not known here")
            return r.blob() or b"", high
        ((_, ((data, high),)),) = answer.array(lambda r: (r.text(), r.array(read)))
        return [record for record in kafka_batch.unpack(data, partition) if record.offset >= offset], high

    def offset_at(self, topic, partition, time=-1):
        """-1: where the next record will go; -2: of the first that is kept."""
        body = Writer().i32(-1)
        body.array([partition], lambda w, p: w.text(topic).array([p], lambda w, p: w.i32(p).i64(time)))
        answer = self.ask(LIST_OFFSETS, 1, body)
        ((_, ((_, code, _, offset),)),) = answer.array(
            lambda r: (r.text(), r.array(lambda r: (r.i32(), r.i16(), r.i64(), r.i64()))))
        check(code, "offsets of %s/%d" % (topic, partition))
        return offset

    # --- groups ---

    def find_group(self, group):
        answer = self.ask(FIND_COORDINATOR, 0, Writer().text(group))
        check(answer.i16(), "find the coordinator of " + group)

    def committed(self, group, topic, partitions):
        """{partition: (next offset, metadata)} of a group; offset -1: nothing."""
        body = Writer().text(group)
        body.array([topic], lambda w, name: w.text(name).array(list(range(partitions)), Writer.i32))
        answer = self.ask(OFFSET_FETCH, 2, body)
        topics = answer.array(lambda r: (r.text(), r.array(lambda r: (r.i32(), r.i64(), r.text(), r.i16()))))
        check(answer.i16(), "offsets of the group " + group)
        ((_, parts),) = topics
        for part, _, _, code in parts:
            check(code, "offset of the group %s in %s/%d" % (group, topic, part))
        return {part: (offset, mark) for part, offset, mark, _ in parts}

    def commit(self, group, topic, offsets):
        """{partition: (next offset, metadata)}; the group has no members then."""
        def part(w, item):
            w.i32(item[0]).i64(item[1][0]).text(item[1][1])
        body = Writer().text(group).i32(-1).text("").i64(-1)
        body.array([topic], lambda w, name: w.text(name).array(list(offsets.items()), part))
        answer = self.ask(OFFSET_COMMIT, 2, body)
        for _, parts in answer.array(lambda r: (r.text(), r.array(lambda r: (r.i32(), r.i16())))):
            for number, code in parts:
                check(code, "commit of the group %s in %s/%d" % (group, topic, number))

    def leave(self, group, member):
        answer = self.ask(LEAVE_GROUP, 0, Writer().text(group).text(member))
        check(answer.i16(), "leave the group " + group)

    def group(self, group):
        """(state, [(member id, instance or None, client id)])."""
        answer = self.ask(DESCRIBE_GROUPS, 4, Writer().array([group], Writer.text).i8(0))
        answer.i32()

        def member(r):
            who = r.text(), r.text(), r.text()
            r.text(), r.blob(), r.blob()
            return who

        def read(r):
            code, _, state = r.i16(), r.text(), r.text()
            r.text(), r.text()
            members = r.array(member)
            r.i32()
            check(code, "describe the group " + group)
            return state, members
        return answer.array(read)[0]
