#!/usr/bin/env python3
"""Makes the conformance vectors of theta networks, from docs/theta.md ("Semantics") alone.

    python3 make.py            # writes directed.jsonl and random.jsonl beside this file

Plain integers, standard library, no code of the project. Time goes from event to event: psi = phase - tick
rests between them, and the next spike is that of the least tick N - psi.
"""

import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent


def clamp(x, low, high):
    return max(low, min(high, x))


def pulse(table, phase, bit):
    top = len(table) - 1
    return table[phase] if bit == "1" else top - table[top - phase]


def trial(network, bits):
    """Events, end, class and undecided of one input."""
    period = 2 ** network["phase_bits"]
    drive = network["drive"]
    half = len(drive["table"]) // 2
    n = bits.count("1")
    first = []
    for row, offset in zip(drive["weights"], drive["offsets"]):
        c = sum(1 for bit, weight in zip(bits, row) if bit == "1" and weight == "1")
        x = offset + (2 * c - n) * 2 ** drive["gain_log2"]
        first.append(drive["table"][clamp(x, -half, half - 1) + half])
    psi = [first] + [list(layer["starts"]) for layer in network["layers"]]
    last = len(psi) - 1
    events = [[0, 0, 0, list(first)]]
    while True:
        spikes = [
            (period - value, -layer, neuron)
            for layer, values in enumerate(psi)
            for neuron, value in enumerate(values)
        ]
        tick, minus_layer, neuron = min(spikes)
        layer = -minus_layer
        if tick >= network["ticks"]:
            # Whoever of the last layer would spike next has the highest phase.
            best = min((period - value, neuron) for neuron, value in enumerate(psi[last]))
            return events, network["ticks"], best[1], True
        if layer == last:
            return events, tick, neuron, False
        psi[layer][neuron] = -tick
        behind = network["layers"][layer]
        phases = [
            pulse(behind["table"], value + tick, row[neuron])
            for value, row in zip(psi[layer + 1], behind["weights"])
        ]
        psi[layer + 1] = [phase - tick for phase in phases]
        events.append([tick, layer + 1, neuron, phases])


def case(name, note, network, inputs):
    samples = []
    for bits in inputs:
        events, end, klass, undecided = trial(network, bits)
        samples.append(
            {"input": bits, "events": events, "end": end, "class": klass, "undecided": undecided}
        )
    return {"name": name, "note": note, "network": network, "samples": samples}


def net(phase_bits, ticks, drive, layers):
    return {"phase_bits": phase_bits, "ticks": ticks, "drive": drive, "layers": layers}


def kick(bits, by):
    """A table that moves every phase forward, and none out of the period."""
    top = 2**bits - 1
    return [min(top, p + by) for p in range(2**bits)]


def ramp(phase_bits, index_bits):
    """A drive table of all phases in order."""
    if phase_bits >= index_bits:
        return [x * 2 ** (phase_bits - index_bits) for x in range(2**index_bits)]
    return [x // 2 ** (index_bits - phase_bits) for x in range(2**index_bits)]


def directed():
    # Four bits: 16 ticks a period, drive[x] = x + 8.
    drive = lambda rows, offsets, gain=0: {
        "weights": rows, "offsets": offsets, "gain_log2": gain, "table": ramp(4, 4),
    }
    layer = lambda rows, starts, table: {"weights": rows, "starts": starts, "table": table}
    still = kick(4, 0)
    yield case(
        "silent", "no pulse: offsets stand, the class is that of the highest start, the lowest of equals",
        net(4, 7, drive(["11", "00"], [0, -3]), [layer(["11", "11", "11"], [2, 5, 5], still)]),
        ["00"],
    )
    yield case(
        "clamped", "places beyond the axis stand at its ends, which are 0 and 15",
        net(4, 7, drive(["1111", "0000"], [5, -5], 2), [layer(["11", "10"], [0, 0], still)]),
        ["1111", "0000", "1010", "0001"],
    )
    yield case(
        "extreme-offsets", "16 bits of offset, far beyond the axis",
        net(4, 7, drive(["11", "11"], [32767, -32768], 3), [layer(["11", "10"], [0, 0], still)]),
        ["11", "00"],
    )
    yield case(
        "order-in-a-tick", "three spikes of a tick, the lowest neuron first; tables do not commute",
        net(4, 7, drive(["1", "1", "1"], [4, 4, 4]),
            [layer(["101", "010"], [3, 9], [0, 0, 1, 4, 4, 8, 9, 9, 10, 10, 11, 13, 13, 14, 14, 15])]),
        ["1"],
    )
    yield case(
        "deeper-first", "both layers spike in tick 3: the pulse of the first finds phase 0 in the second",
        net(4, 7, drive(["1"], [4]), [layer(["1"], [13], [3] + kick(4, 4)[1:]), layer(["1"], [1], kick(4, 5))]),
        ["1"],
    )
    yield case(
        "no-instant-spike", "a pulse takes the output to the last phase; it spikes in the next tick",
        net(4, 7, drive(["1"], [4]), [layer(["1", "0"], [4, 15 - 4], [15] * 16)]),
        ["1", "0"],
    )
    yield case(
        "minus", "a weight of -1 is the mirror image",
        net(4, 7, drive(["1"], [4]), [layer(["1", "0"], [6, 9], [0, 0, 0, 5, 5, 5, 8, 8, 8, 12, 12, 12, 13, 14, 15, 15])]),
        ["1"],
    )
    yield case(
        "last-tick", "a spike in T - 1 decides, one in T does not",
        net(4, 7, drive(["1"], [-8]), [layer(["1", "1"], [8, 10], still)]), ["0"],
    )
    yield case(
        "tick-T", "the same with one tick less",
        net(4, 6, drive(["1"], [-8]), [layer(["1", "1"], [8, 10], still)]), ["0"],
    )
    yield case(
        "output-first", "hidden spikes of the tick in which the output spikes do not happen",
        net(4, 7, drive(["1", "1"], [2, 2]), [layer(["11", "00"], [10, 11], kick(4, 3))]), ["1"],
    )
    yield case(
        "two-outputs", "two outputs spike in a tick: the lowest",
        net(4, 7, drive(["1"], [-8]), [layer(["1", "1", "1"], [10, 12, 12], still)]), ["0"],
    )
    yield case(
        "again", "a neuron that spiked is pushed round once more",
        net(5, 15, {"weights": ["1", "1", "1"], "offsets": [7, 6, 5], "gain_log2": 0, "table": ramp(5, 4)},
            [layer(["111"], [30], kick(5, 12)), layer(["1", "0"], [10, 12], kick(5, 6))]),
        ["0", "1"],
    )


def monotone(rng, bits):
    """A table that keeps order and moves forward, as frozen ones do."""
    top = 2**bits - 1
    raised = sorted(rng.randint(0, top) for _ in range(2**bits))
    return [max(p, r) for p, r in zip(range(2**bits), raised)]


def anything(rng, bits):
    return [rng.randrange(2**bits) for _ in range(2**bits)]


def random_case(rng, number):
    bits = rng.randint(4, 9)
    index_bits = rng.randint(4, 8)
    period = 2**bits
    table = monotone if rng.random() < 0.8 else anything
    sizes = [rng.randint(1, 40)] + [rng.randint(1, 24) for _ in range(rng.randint(1, 2))]
    sizes.append(rng.randint(1, 12))
    rows = lambda n, m: ["".join(rng.choice("01") for _ in range(m)) for _ in range(n)]
    half = 2 ** (index_bits - 1)
    drive = {
        "weights": rows(sizes[1], sizes[0]),
        "offsets": [rng.randint(-half, half) for _ in range(sizes[1])],
        "gain_log2": rng.randint(0, 3),
        "table": sorted(anything(rng, index_bits)) if bits >= index_bits else ramp(bits, index_bits),
    }
    drive["table"] = [min(period - 1, value) for value in drive["table"]]
    if bits > index_bits:
        drive["table"] = [value * 2 ** (bits - index_bits) for value in drive["table"]]
    layers = [
        {
            "weights": rows(n, before),
            # Around half a period, as trained ones.
            "starts": [rng.randint(period // 4, period - 1 - period // 8) for _ in range(n)],
            "table": table(rng, bits),
        }
        for before, n in zip(sizes[1:], sizes[2:])
    ]
    ticks = rng.randint(period // 4, period // 2 - 1)
    inputs = ["".join(rng.choice("0011") for _ in range(sizes[0])) for _ in range(3)]
    return case(f"theta-{number}", "random", net(bits, ticks, drive, layers), inputs)


def write(name, cases):
    text = "".join(json.dumps(c, separators=(",", ":")) + "\n" for c in cases)
    (HERE / name).write_text(text)


if __name__ == "__main__":
    write("directed.jsonl", directed())
    rng = random.Random(1)
    write("random.jsonl", (random_case(rng, n) for n in range(40)))
