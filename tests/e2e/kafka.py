"""A real Apache Kafka broker for tests: one node (KRaft: broker and controller in one), in a temporary folder, on free
ports of loopback.

    with Kafka() as kafka:
        kafka.create(orders=6, **{"bauta.sessions": 3})
        kafka.produce("orders", [Record("A-1001", '{"id": ...}')])
        kafka.consume("bauta.sessions")           # what is there now: [Record, ...] by partition and offset
        kafka.read("bauta.sessions", wanted)      # reads on from where it was until wanted(all records so far)
        kafka.committed("bauta", "orders")        # {partition: (next offset, metadata)}
        kafka.kill(); kafka.start()               # same port, same data

The jars are those of tests/kafka/pom.xml, fetched once by tools/fetch.sh. Needs about 2 s to start and 300 MiB.
"""
import os
import shutil
import subprocess
import time

import kafka_wire
from bauta import ROOT
from kafka_batch import Record, bytes_of, partition_of
from processes import Process, free_port

__all__ = ["Kafka", "Record"]

READY_S = 60
WAIT_MS = 20           # the broker holds a fetch for so long when there is nothing new
BATCH_BYTES, BATCH_MAX = 400 * 1024, 2000

SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%(controller)d
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:%(port)d,CONTROLLER://127.0.0.1:%(controller)d
advertised.listeners=PLAINTEXT://127.0.0.1:%(port)d
log.dirs=%(folder)s/data
auto.create.topics.enable=false
offsets.topic.num.partitions=2
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=100
log.cleaner.enable=false
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
controlled.shutdown.max.retries=1
"""

LOG = """
log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.Target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
"""


class Kafka(Process):
    """`settings`: further lines of server.properties."""

    def __init__(self, settings=""):
        super().__init__()
        self.port, self.controller = free_port(), free_port()
        self.brokers = "127.0.0.1:%d" % self.port
        self.wire = kafka_wire.Wire("127.0.0.1", self.port)
        self.partitions = {}   # of each topic that create() made
        self.places = {}       # topic -> how far read() is, by partition
        self.records = {}      # topic -> what read() has read
        self.settings = os.path.join(self.folder, "server.properties")
        self.log = os.path.join(self.folder, "log4j.properties")
        try:
            with open(self.settings, "w") as file:
                file.write(SETTINGS % self.__dict__ + settings)
            with open(self.log, "w") as file:
                file.write(LOG)
            self.jars = subprocess.run([os.path.join(ROOT, "tools", "fetch.sh"), "kafka"], check=True, stdout=subprocess.PIPE,
                                       text=True).stdout.strip()
            subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t", "bauta-tests-cluster-id", "-c", self.settings),
                           check=True, stdout=subprocess.PIPE, cwd=self.folder)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def java(self, main, *arguments):
        return ["java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                "-Dlog4j.configuration=file:" + self.log, "-cp", self.jars + "/*", main, *arguments]

    def command(self):
        return self.java("kafka.Kafka", self.settings)

    def ready(self):
        """The broker answers, and every topic has its leaders again."""
        end = time.monotonic() + READY_S
        while True:
            try:
                topics = self.wire.topics()
                if all(topics.get(name) == n for name, n in self.partitions.items()):
                    return
            except (OSError, kafka_wire.Error):
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Kafka did not start:\n" + self.said())
            time.sleep(0.02)

    def end(self, how=None):
        self.wire.close()
        super().end(how)

    def _until(self, ask):
        """Asks until the error passes: a leader or a coordinator may just be chosen."""
        end = time.monotonic() + READY_S
        while True:
            try:
                return ask()
            except (OSError, kafka_wire.Error) as error:
                if not getattr(error, "passing", True) or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    # --- topics ---

    def create(self, settings=None, **partitions):
        """Topics with that many partitions; `settings` for all of them: {"max.message.bytes": "1000"}."""
        self.wire.create({name: (n, settings or {}) for name, n in partitions.items()})
        self.partitions.update(partitions)
        self.ready()

    def grow(self, topic, partitions):
        self.wire.grow(topic, partitions)
        self.partitions[topic] = partitions
        self.ready()

    # --- records ---

    def produce(self, topic, records):
        """In this order within a partition: the record's own, else its key's (as Java clients choose), else the first.
        Comes back when the broker has them all; returns [(partition, offset)] of each."""
        parts, places = {}, [None] * len(records)
        for i, record in enumerate(records):
            part = record.partition
            if part is None:
                part = partition_of(record.key, self.partitions[topic]) if record.key is not None else 0
            parts.setdefault(part, []).append(i)
        for part, indexes in parts.items():
            for batch in _batches(records, indexes):
                first = self._until(lambda: self.wire.produce(topic, part, [records[i] for i in batch]))
                for n, i in enumerate(batch):
                    places[i] = part, first + n
        return places

    def _fetch(self, topic, places, wait_ms=0):
        """Reads each partition to its end; moves `places` on."""
        found = []
        for part in range(self.partitions[topic]):
            while True:
                records, high = self._until(lambda: self.wire.fetch(topic, part, places.get(part, 0), wait_ms))
                found += records
                if records:
                    places[part] = records[-1].offset + 1
                if not records or places[part] >= high:
                    break
        return found

    def consume(self, topic):
        """All records that are there now, by partition and offset."""
        return self._fetch(topic, {})

    def read(self, topic, wanted, wait_s=60):
        """Reads on until `wanted` says yes to all that was read of the topic so far, or the time is over; those."""
        end = time.monotonic() + wait_s
        found = self.records.setdefault(topic, [])
        while True:
            found += self._fetch(topic, self.places.setdefault(topic, {}), WAIT_MS)
            if wanted(found) or time.monotonic() > end:
                return found

    def ends(self, topic):
        """{partition: offset of the next record}."""
        return {part: self._until(lambda: self.wire.offset_at(topic, part)) for part in range(self.partitions[topic])}

    # --- groups ---

    def committed(self, group, topic):
        """{partition: (next offset, metadata)}; offset -1: nothing committed."""
        self._until(lambda: self.wire.find_group(group))
        return self._until(lambda: self.wire.committed(group, topic, self.partitions[topic]))

    def commit(self, group, topic, offsets):
        """As an owner before us may have left it: {partition: (next offset, metadata)}."""
        self._until(lambda: self.wire.find_group(group))
        return self._until(lambda: self.wire.commit(group, topic, offsets))

    def lag(self, group, topic):
        """Records that the group's commits are behind; those never committed count from the first."""
        committed = self.committed(group, topic)
        return sum(end - max(0, committed[part][0]) for part, end in self.ends(topic).items())

    def applied(self, group, topic, wait_s=60):
        """Waits until the group has committed all that is there; False: it has not in time."""
        end = time.monotonic() + wait_s
        while self.lag(group, topic):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def leave(self, group, member):
        """As an operator takes a dead member out: its partitions are given to others at once, not after its time-out."""
        self._until(lambda: self.wire.leave(group, member))

    def members(self, group):
        """(state, [(member id, instance or None, client id)])."""
        self._until(lambda: self.wire.find_group(group))
        return self._until(lambda: self.wire.group(group))


def _batches(records, indexes):
    batch, size = [], 0
    for i in indexes:
        more = len(bytes_of(records[i].value) or b"") + len(bytes_of(records[i].key) or b"") + 64
        if batch and (size + more > BATCH_BYTES or len(batch) == BATCH_MAX):
            yield batch
            batch, size = [], 0
        batch.append(i)
        size += more
    if batch:
        yield batch
