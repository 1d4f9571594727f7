#!/usr/bin/python3
# Writes msgpack.jsonl: values as the msgpack library for Python packs them, and
# the same values as JSON.
import json, random, msgpack

random.seed(7)

def value(depth):
    kind = random.randrange(9 if depth < 4 else 7)
    if kind == 0: return random.choice([None, True, False])
    if kind == 1: return random.choice([0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63, 2**64 - 1])
    if kind == 2: return -random.choice([1, 32, 33, 128, 129, 32768, 32769, 2**31, 2**31 + 1, 2**63])
    if kind == 3: return random.choice([0.5, -1.25, 1e300, 5e-324, 3.141592653589793, 1.0e21, 123456.75])
    if kind in (4, 5, 6): return "".join(random.choice("ab\"\\\n\t\u00e9\u4f60\U0001f600 ") for _ in range(random.choice([0, 1, 5, 31, 32, 300])))
    if kind == 7: return [value(depth + 1) for _ in range(random.choice([0, 1, 3, 15, 16, 20]))]
    return {"k%d" % i: value(depth + 1) for i in range(random.choice([0, 1, 3, 15, 17]))}

with open("msgpack.jsonl", "w") as out:
    size = 0
    while size < 40000:
        v = value(0)
        packed = msgpack.packb(v).hex()
        if len(packed) > 12000: continue
        line = json.dumps({"packed": packed, "value": v}) + "\n"
        size += len(line)
        out.write(line)
    out.write(json.dumps({"packed": msgpack.packb([0.5, -1.25], use_single_float=True).hex(), "value": [0.5, -1.25]}) + "\n")
