#!/usr/bin/env python3
"""More than 400 queries about the test zones of wide_world.py, each answered as bench/agreement has recorded it (agreement.table)."""
import os

import agreement
import four_resolvers
import wide_world
from tap import SkipAll, Test


def headings():
    """Question: the heading it stands under in the table."""
    found, heading = {}, ""
    with open(agreement.TABLE, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith(("# ", "== ")):
                heading = line.strip("#= ")
            elif line:
                found[line.partition(" => ")[0].strip()] = heading
    return found


def differs(outcomes, phases):
    return [(question, expected) for phase in phases for question, expected in phase
            if expected != agreement.expected_of(outcomes[question.text]["deputy"])]


def main():
    with Test() as t:
        t.need("nsd", "dig", "dnssec-signzone", "dnssec-keygen", "dnssec-dsfromkey", "ldns-signzone")
        if os.getuid():
            raise SkipAll("port 53 on loopback takes root")
        world = wide_world.WideWorld(t)
        if not world.is_up():
            raise SkipAll("the world does not start: " + t.log("nsd-root")[-200:])
        deputy = four_resolvers.Deputy(t, world, wide_world.NET)
        t.check("deputy answers", deputy.is_up(), deputy.node.said())
        phases, under = agreement.read_table(), headings()
        outcomes = agreement.ask_all([deputy], phases)
        # A name whose servers are slow may take another try on a busy machine.
        again = differs(outcomes, phases)
        outcomes.update(agreement.ask_all([deputy], [again]))
        wrong = {question.text: expected for question, expected in differs(outcomes, phases)}
        for heading in dict.fromkeys(under.values()):
            mine = [text for text, above in under.items() if above == heading and text in outcomes]
            if mine:
                t.check(f"answers as recorded: {heading} ({len(mine)} questions)", not any(text in wrong for text in mine),
                        *(f"{text}\n  {agreement.expected_of(outcomes[text]['deputy'])}\n  not {wrong[text]}" for text in mine if text in wrong))
        t.note(f"{len(again)} questions were asked again")


if __name__ == "__main__":
    main()
