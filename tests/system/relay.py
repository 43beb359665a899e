#!/usr/bin/env python3
"""A UDP relay that delays and loses: what tc netem would do, for kernels that lack it.

usage: relay.py LISTEN TO [--delay MS] [--jitter MS] [--loss SHARE] [--burst SECONDS] [--seed N]

LISTEN and TO are ADDRESS@PORT. Each client gets a socket of its own towards TO, so that answers find
their way back. The loss is independent for each datagram, or with --burst comes in bursts: a bad
state of so many seconds on average, nine of ten lost inside it, that yields SHARE in the long run
(Gilbert-Elliott). Both directions suffer alike. Ends at SIGTERM, and after --for SECONDS (3600).
"""
import argparse
import heapq
import itertools
import random
import selectors
import socket
import time

BAD_LOSS = 0.9


class Link:
    """One direction of a line."""

    def __init__(self, args, rng):
        self.args, self.rng = args, rng
        self.bad = False
        self.until = 0.0

    def lost(self, now):
        share, burst = self.args.loss, self.args.burst
        if not burst:
            return self.rng.random() < share
        bad_part = min(share / BAD_LOSS, 0.999)
        while now >= self.until: # the state ends; the next one is the other
            self.bad = not self.bad if self.until else self.rng.random() < bad_part
            mean = burst if self.bad else burst * (1 - bad_part) / max(bad_part, 1e-9)
            self.until = (self.until or now) + self.rng.expovariate(1 / mean)
        return self.bad and self.rng.random() < BAD_LOSS

    def delay(self):
        return max(0.0, self.args.delay + self.rng.uniform(-1, 1) * self.args.jitter) / 1000


class Relay:
    def __init__(self, args):
        rng = random.Random(args.seed)
        self.there, self.back = Link(args, rng), Link(args, rng)
        self.to = endpoint(args.to)
        self.poll = selectors.DefaultSelector()
        self.clients = {}
        self.due = []
        self.order = itertools.count()
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(endpoint(args.listen))
        self.poll.register(self.front, selectors.EVENT_READ, None)

    def towards(self, client):
        if client not in self.clients:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect(self.to)
            self.poll.register(s, selectors.EVENT_READ, client)
            self.clients[client] = s
        return self.clients[client]

    def take(self, s, client, now):
        try:
            data, source = s.recvfrom(65535)
        except OSError: # an ICMP error from behind: nothing to pass on
            return
        link = self.there if client is None else self.back
        if link.lost(now):
            return
        if client is None:
            send = lambda out=self.towards(source), d=data: out.send(d)
        else:
            send = lambda d=data, c=client: self.front.sendto(d, c)
        heapq.heappush(self.due, (now + link.delay(), next(self.order), send))

    def run(self, until):
        while (now := time.monotonic()) < until:
            while self.due and self.due[0][0] <= now:
                try:
                    heapq.heappop(self.due)[2]()
                except OSError:
                    pass
            wait = min(until, self.due[0][0] if self.due else until) - time.monotonic()
            for key, _ in self.poll.select(max(0.0, wait)):
                self.take(key.fileobj, key.data, time.monotonic())


def endpoint(text):
    address, port = text.rsplit("@", 1)
    return address, int(port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("listen")
    parser.add_argument("to")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--jitter", type=float, default=0)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--burst", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--for", dest="seconds", type=float, default=3600)
    args = parser.parse_args()
    Relay(args).run(time.monotonic() + args.seconds)


main()
