# A WebSocket server and a client, that talk through a relay: the server's port is
# said on the output, the relay's is read from the input, and then every message
# is said that one of them has received.
import asyncio, hashlib, json, random, sys
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

forget, window, count = sys.argv[1] == 'forget', int(sys.argv[2]), int(sys.argv[3])
compressed = window > 0


def say(who, message):
    kind = 'text' if isinstance(message, str) else 'binary'
    b = message.encode() if kind == 'text' else message
    print(json.dumps({'to': who, 'kind': kind, 'length': len(b), 'sum': hashlib.sha256(b).hexdigest()}), flush=True)


def content(rnd):
    size = rnd.choice([0, 1, 100, 125, 126, 1000] + [70000] * (count > 10))
    text = ''.join(rnd.choice(['{"name":', '"wörld"', 'hello ', '1234', '},', chr(rnd.randrange(32, 127))]) for _ in range(size // 4))
    if rnd.random() < .3:
        return bytes(rnd.randrange(256) for _ in range(size % 5000))
    return text


async def talk(ws, seed, who):
    rnd = random.Random(seed)

    async def send():
        for i in range(count):
            c = content(rnd)
            if rnd.random() < .3 and len(c) > 3:
                third = len(c) // 3
                await ws.send(iter([c[:third], c[third:2 * third], c[2 * third:]]))
            else:
                await ws.send(c)
            if i % 5 == 0:
                await ws.ping('ping %d' % i)

    async def receive():
        for _ in range(count):
            say(who, await ws.recv())

    await asyncio.gather(send(), receive())


async def serve(ws):
    await talk(ws, 1, 'server')
    await ws.wait_closed()


async def main():
    args = dict(compression=None, max_size=None)
    server, client = [], []
    if compressed:
        server = [ServerPerMessageDeflateFactory(server_no_context_takeover=forget, client_no_context_takeover=forget, server_max_window_bits=window)]
        client = [ClientPerMessageDeflateFactory(server_no_context_takeover=forget, client_no_context_takeover=forget, client_max_window_bits=window)]
    async with websockets.serve(serve, '127.0.0.1', 0, extensions=server, **args) as s:
        print(s.sockets[0].getsockname()[1], flush=True)
        port = (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip()
        async with websockets.connect('ws://127.0.0.1:' + port, extensions=client, **args) as ws:
            await talk(ws, 2, 'client')
            await ws.close(4000, 'enough')


asyncio.run(main())
