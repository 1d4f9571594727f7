#!/usr/bin/python3
# Writes what the tests compare with, by protoc and by Protocol Buffers for Python:
# everything.binpb, the descriptor set, and messages.jsonl, messages with their JSON.
import json, math, random, subprocess
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, json_format, message_factory

subprocess.run(["protoc", "--include_imports", "-o", "everything.binpb", "everything.proto", "old.proto"], check=True)
fds = descriptor_pb2.FileDescriptorSet.FromString(open("everything.binpb", "rb").read())
pool = descriptor_pool.DescriptorPool()
for f in fds.file:
    pool.Add(f)
Everything = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("everything.Everything"))
random.seed(11)

def integer(bits, signed):
    top = 2 ** (bits - 1) if signed else 2 ** bits
    return random.choice([0, 1, 2, 127, 128, 300, top - 1] + ([-1, -2, -top] if signed else []))

def text():
    return "".join(random.choice("abc \"\\\n\t<&\u00e9\u4f60\U0001f600") for _ in range(random.choice([0, 1, 5, 40])))

def fill(m, depth):
    for f in m.DESCRIPTOR.fields:
        if random.random() > 0.25: continue
        repeated = f.label == f.LABEL_REPEATED
        if f.message_type and f.message_type.GetOptions().map_entry:
            values = getattr(m, f.name)
            for _ in range(random.randrange(3)):
                key = {"counts": text, "by_id": lambda: integer(64, True), "by_truth": lambda: random.random() < .5}[f.name]()
                if f.name == "by_id":
                    if depth < 2: fill(values[key], depth + 1)
                else: values[key] = random.choice([0, 1]) if f.name == "by_truth" else integer(32, True)
            continue
        if f.message_type:
            name = f.message_type.full_name
            for sub in [getattr(m, f.name).add() for _ in range(random.randrange(3))] if repeated else [getattr(m, f.name)]:
                if name == "everything.Everything":
                    if depth < 2: fill(sub, depth + 1)
                elif name == "google.protobuf.Timestamp": sub.seconds, sub.nanos = random.choice([0, 1600000000, -1]), random.choice([0, 5000000, 123456789])
                elif name == "google.protobuf.Duration": sub.seconds, sub.nanos = random.choice([(0, 0), (5, 250000000), (-3, -1)])
                elif name == "google.protobuf.FieldMask": sub.paths.extend(random.choice([[], ["a", "b_c.d"]]))
                elif name == "google.protobuf.Struct": json_format.ParseDict(random.choice([{}, {"a": [1, "x", None, {"b": True}]}]), sub)
                elif name == "google.protobuf.Value": json_format.ParseDict(random.choice([None, 1.5, "x", [], {"a": 1}]), sub)
                elif name == "google.protobuf.ListValue": json_format.ParseDict(random.choice([[], [1, [2]]]), sub)
                elif name == "google.protobuf.Any":
                    inner = Everything()
                    if depth < 2: fill(inner, depth + 1)
                    sub.type_url, sub.value = "type.googleapis.com/everything.Everything", inner.SerializeToString(deterministic=True)
                elif name == "google.protobuf.Int64Value": sub.value = integer(64, True)
                elif name == "google.protobuf.BytesValue": sub.value = b"\x00\xff"
                sub.SetInParent()
            continue
        def scalar():
            t = f.type
            if t == f.TYPE_STRING: return text()
            if t == f.TYPE_BYTES: return random.randbytes(random.randrange(6))
            if t == f.TYPE_BOOL: return random.random() < .5
            if t == f.TYPE_ENUM: return 0 if f.enum_type.name == "NullValue" else random.choice([0, 1, -7, 99])
            if t == f.TYPE_DOUBLE: return random.choice([0.0, 1.5, -1e300, 5e-324, 1e21, 1e-7, math.inf, -math.inf, math.nan, 123456789.125])
            if t == f.TYPE_FLOAT: return random.choice([0.0, 1.5, -2.25, math.inf])
            if t in (f.TYPE_INT32, f.TYPE_SINT32, f.TYPE_SFIXED32): return integer(32, True)
            if t in (f.TYPE_INT64, f.TYPE_SINT64, f.TYPE_SFIXED64): return integer(64, True)
            return integer(32 if t in (f.TYPE_UINT32, f.TYPE_FIXED32) else 64, False)
        if repeated: getattr(m, f.name).extend(scalar() for _ in range(random.randrange(4)))
        else: setattr(m, f.name, scalar())

with open("messages.jsonl", "w") as out:
    size = 0
    while size < 60000:
        m = Everything()
        fill(m, 0)
        line = json.dumps({"message": m.SerializeToString(deterministic=True).hex(), "json": json.loads(json_format.MessageToJson(m, descriptor_pool=pool))}) + "\n"
        if len(line) > 8000: continue
        size += len(line)
        out.write(line)
