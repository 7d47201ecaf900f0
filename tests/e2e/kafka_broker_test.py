#!/usr/bin/env python3
"""The broker that the other Kafka tests stand on: it does what tests/e2e/kafka.py says, seen by kcat too."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_batch
import kafka_wire
from bauta import Tap
from kafka import Kafka, Record

# What Java's Utils.murmur2 gives (UtilsTest of kafka-clients).
MURMUR2 = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "abc": 479470107,
           "a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971}

tap = Tap()


def kcat(kafka, *arguments, stdin=None):
    return subprocess.run(["kcat", "-q", "-b", kafka.brokers, *arguments], input=stdin, check=True, text=True, errors="replace",
                          stdout=subprocess.PIPE, timeout=60).stdout


def plain(record):
    return record.partition, record.key, record.value, [(name, kafka_batch.bytes_of(value)) for name, value in record.headers]


def told(lines):
    """What kcat -J says, in our words."""
    for line in lines.splitlines():
        at = json.loads(line)
        headers = at.get("headers") or []
        yield (at["partition"], at["offset"], at["key"], at["payload"],
               [(headers[i], headers[i + 1]) for i in range(0, len(headers), 2)])


tap.same("checksums are CRC-32C", kafka_batch.crc32c(b"123456789"), 0xE3069283)
tap.same("keys are hashed as Java hashes them",
         {key: (kafka_batch.murmur2(key.encode()) ^ 1 << 31) - (1 << 31) for key in MURMUR2}, MURMUR2)

with Kafka() as kafka:
    kafka.create(orders=6, other=1)
    tap.same("topics are there with their partitions", kafka.wire.topics(), {"orders": 6, "other": 1})
    try:
        kafka.create(orders=6)
        tap.ok("a topic is not made twice", False)
    except kafka_wire.Error as error:
        tap.same("a topic is not made twice", error.code, 36)

    records = [Record("A-%d" % i, json.dumps({"n": i}), [("ce_id", "evt-%d" % i), ("ce_type", "x")]) for i in range(500)]
    records += [Record("A-1", None), Record(None, b"\x00\xff\n\t", [("empty", None)], 5), Record(b"", b"")]
    places = kafka.produce("orders", records)
    got = {(record.partition, record.offset): record for record in kafka.consume("orders")}
    wrong = [(place, record) for place, record in zip(places, records)
             if plain(got[place])[1:] != plain(record._replace(key=kafka_batch.bytes_of(record.key),
                                                              value=kafka_batch.bytes_of(record.value)))[1:]]
    tap.ok("what is produced is read: keys, values, headers, tombstones, any bytes", len(got) == 503 and not wrong, *wrong[:3])
    tap.ok("a key's records are in one partition, in order", places[1][0] == places[500][0] and places[1][1] < places[500][1])
    tap.same("the ends of partitions", sum(kafka.ends("orders").values()), 503)

    seen = {row[:2]: row[2:] for row in told(kcat(kafka, "-C", "-t", "orders", "-e", "-J"))}
    wrong = [(place, seen.get(place)) for place, record in list(zip(places, records))[:500]
             if seen.get(place) != (record.key, record.value, list(record.headers))]
    tap.ok("kcat reads the same", len(seen) == 503 and not wrong, *wrong[:3])

    kcat(kafka, "-P", "-t", "orders", "-K", ":", "-X", "partitioner=murmur2_random", "-H", "ce_id=evt-9",
         stdin="".join("B-%d:hello\n" % i for i in range(200)))
    mine = [record for record in kafka.consume("orders") if (record.key or b"").startswith(b"B-")]
    tap.ok("librdkafka's murmur2_random chooses the partitions that we compute", len(mine) == 200 and
           all(kafka_batch.partition_of(record.key, 6) == record.partition for record in mine), *mine[:3])
    tap.same("its headers are read", mine[0].headers, [("ce_id", b"evt-9")])
    kcat(kafka, "-P", "-t", "other", "-z", "gzip", stdin="zip\n" * 100)
    tap.same("compressed batches are read", [record.value for record in kafka.consume("other")], [b"zip"] * 100)

    tap.same("a group that never was has no offsets", kafka.committed("nobody", "other"), {0: (-1, "")})
    kafka.commit("bauta", "other", {0: (40, "a mark")})
    tap.same("commits have metadata", kafka.committed("bauta", "other"), {0: (40, "a mark")})
    tap.same("lag", kafka.lag("bauta", "other"), 60)
    tap.same("a group without members", kafka.members("bauta"), ("Empty", []))

    kafka.end()
    try:
        kafka.wire.topics()
        tap.ok("it is gone when it is stopped", False)
    except OSError:
        tap.ok("it is gone when it is stopped", True)
    kafka.start()
    tap.same("what was there is there after a stop", (len(kafka.consume("orders")), kafka.lag("bauta", "other")), (703, 60))
    kafka.produce("orders", records[:100])
    kafka.kill()
    kafka.start()
    tap.same("and after kill -9", (len(kafka.consume("orders")), kafka.lag("bauta", "other")), (803, 60))
    kafka.produce("other", [Record("late", "x")])
    tap.same("reading goes on from where it was", [len(kafka.read("other", lambda all: len(all) == n)) for n in (101, 101)],
             [101, 101])
    kafka.grow("other", 3)
    tap.same("a topic grows", kafka.wire.topics()["other"], 3)
    tap.ok("it ends in good order", kafka.process.poll() is None)
tap.ok("its folder is gone", not os.path.exists(kafka.folder))
tap.done()
