#!/usr/bin/env python3
"""Names of PBXs: resolvers that fail or die, addresses that come and go; probing continues with the last known addresses."""
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from tap import BUILD, Test, free_port, within

NAME, FIRST, SECOND, SPARE = "pbx.wildixin.com", "127.0.0.21", "127.0.0.22", "127.0.0.23"
BAD, GOOD = "127.0.0.31", "127.0.0.32"

CONF = """resolvers: [ {bad}@{bad_port}, {good}@{good_port} ]
pbxs:
  - {{ name: main, addresses: [ main.example.net ], endpoints: [ udp@{port} ], failover: [ spare ], hold: 0s }}
  - {{ name: spare, addresses: [ {spare} ], endpoints: [ udp@{port} ], hold: 0s }}
live: [ {{ name: {name}, home: main }} ]
"""


class Resolver:
    """Answers A questions with `addresses`, behind a CNAME; all else with no records, or everything with `rcode`."""

    def __init__(self, address, rcode=0):
        self.rcode, self.addresses, self.asked, self.ttl = rcode, [], 0, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.socket.bind((address, self.port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, source = self.socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            if question:
                self.socket.sendto(self.reply(question), source)

    def reply(self, question):
        end = 12
        while question[end]:
            end += question[end] + 1
        kind, = struct.unpack(">H", question[end + 1:end + 3])
        addresses = self.addresses if kind == 1 and not self.rcode else []
        records = b""
        if addresses:
            target = b"\x04real" + b"\xc0\x0c"
            records = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, self.ttl, len(target)) + target
        at = 12 + (end + 5 - 12) + 12
        for address in addresses:
            records += struct.pack(">H", 0xc000 | at) + struct.pack(">HHIH", 1, 1, self.ttl, 4) + socket.inet_aton(address)
        return (question[:2] + struct.pack(">HHHHH", 0x8180 | self.rcode, 1, len(addresses) + bool(addresses), 0, 0)
                + question[12:end + 5] + records)



with Test() as t:
    t.need("dig")
    bad, good = Resolver(BAD, rcode=2), Resolver(GOOD)
    good.addresses = [FIRST]
    port = free_port()
    pbxs = {address: t.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{address}:{port}"]) for address in
            (FIRST, SECOND, SPARE)}
    node = Node(t, CONF.format(bad=BAD, bad_port=bad.port, good=GOOD, good_port=good.port, port=port, spare=SPARE, name=NAME))
    node.start()
    t.check("a resolver that fails is passed over for the next", node.answers([FIRST], NAME), node.answer(NAME), node.said())
    t.check("both were asked", bad.asked and good.asked, bad.asked, good.asked)
    good.addresses = [SECOND, FIRST]
    t.check("an address that is added is answered too, once it lives", node.answers([FIRST, SECOND], NAME, seconds=40),
            node.answer(NAME), node.said())
    good.addresses = [SECOND]
    t.check("one that is removed is not any more", node.answers([SECOND], NAME, seconds=40), node.answer(NAME), node.said())
    good.addresses = []
    seen = good.asked
    t.check("a name no addresses is asked again soon", within(40, lambda: good.asked >= seen + 4), good.asked - seen)
    t.check("and the last address holds", node.answer(NAME) == [SECOND], node.answer(NAME))
    good.rcode = 3
    seen = good.asked
    t.check("so does it when the name is said not to exist", within(40, lambda: good.asked >= seen + 4) and
            node.answer(NAME) == [SECOND], node.answer(NAME), node.said())
    t.kill(node.process)
    bad.rcode = good.rcode = 5
    node.start()
    t.check("and over a restart with resolvers that refuse", node.answers([SECOND], NAME), node.answer(NAME), node.said())
    t.kill(pbxs[SECOND])
    t.check("such a PBX is still probed", node.answers([SPARE], NAME), node.answer(NAME), node.said())
