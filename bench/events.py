"""Order events through a real Kafka broker: sessions bound a second beside a consumer that only counts, and how long
it takes until an order's virtual numbers are visible in the API."""
import os
import shutil
import tempfile
import time

from bench_server import Bauta, program
from kafka import Kafka

PARTITIONS = 4
POOL = "twilio"
RATE = 1000  # orders a second while the latency is measured
WAIT_S = 120

CONFIG = """
kafka:
  brokers: %s
  orders_topic: %s
  events_topic: ""
  dead_letter_topic: ""
  group: bench-%s
"""


def events(mode, kafka, topic, **words):
    return program("events", mode, "brokers=" + kafka.brokers, "topic=" + topic,
                   *["%s=%s" % word for word in words.items()])


def settings(kafka, topic):
    return CONFIG % (kafka.brokers, topic, topic)


def applied(bauta):
    return bauta.counter('bauta_order_events_total{result="applied"}')


def bind_all(bauta, count):
    """Sessions bound a second and CPU of each, from the first that is seen on; start and joining are not measured."""
    end = time.monotonic() + WAIT_S
    while applied(bauta) == 0 and time.monotonic() < end:
        time.sleep(0.001)
    began, cpu, first = time.monotonic(), bauta.cpu_s(), applied(bauta)
    while applied(bauta) < count:
        if time.monotonic() > end:
            raise RuntimeError("only %d of %d events were applied" % (applied(bauta), count))
        time.sleep(0.002)
    n = count - first
    return {"rate": n / (time.monotonic() - began), "cpu_us": (bauta.cpu_s() - cpu) * 1e6 / n}


def throughput_round(kafka, topic, count):
    """A new topic and a new store: ours, and the consumer that only counts, over the same records."""
    folder = tempfile.mkdtemp(prefix="bauta-bench-")
    try:
        kafka.create(**{topic: PARTITIONS})
        with Bauta(sessions=count + 10000, data=folder) as bauta:
            bauta.make_pool(POOL, "main", 20000)
        events("produce", kafka, topic, count=count, pool=POOL)
        peer = events("count", kafka, topic, count=count)
        with Bauta(sessions=count + 10000, data=folder, more=settings(kafka, topic)) as bauta:
            ours = bind_all(bauta, count)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return ours, peer


def latency_round(kafka, topic, seconds, first):
    kafka.create(**{topic: PARTITIONS})
    with Bauta(sessions=100000, more=settings(kafka, topic)) as bauta:
        bauta.make_pool(POOL, "main", 20000)
        os.environ["BAUTA_KEY"] = bauta.key
        # Joining the group takes its time: not of an event's.
        events("contact", kafka, topic, rate=100, seconds=2, first=first, pool=POOL, port=bauta.port)
        return events("contact", kafka, topic, rate=RATE, seconds=seconds, first=first + 1000, pool=POOL, port=bauta.port)


def measure(rounds, seconds, count, say):
    """[(ours, peer)] of each round, and [latencies]."""
    throughput, latency = [], []
    with Kafka() as kafka:
        for i in range(rounds):
            ours, peer = throughput_round(kafka, "orders-%d" % i, count)
            throughput.append((ours, peer))
            latency.append(latency_round(kafka, "contact-%d" % i, max(2, int(seconds)), 1000000 + i * 100000))
            say("round %d events: %.0f/s, counting alone %.0f/s; to contact p99 %.2f ms"
                % (i + 1, ours["rate"], peer["rate"], latency[-1]["p99_ms"]))
    return throughput, latency
