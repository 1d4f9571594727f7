// An HTTP/2 client in the clear: it opens a WebSocket's stream on a path and a
// tunnel, and takes a request back.
'use strict'
const http2 = require('http2')
const session = http2.connect('http://127.0.0.1:' + process.argv[2])
session.on('stream', (s) => { s.on('data', () => {}); s.on('error', () => {}) })
session.on('remoteSettings', async () => {
  const talk = (headers, text) => new Promise((resolve, reject) => {
    const s = session.request(headers)
    let got = ''
    s.on('response', (h) => s.write(text))
    s.on('data', (b) => { got += b; if (got.length === text.length) s.end() })
    s.on('close', () => resolve(got))
    s.on('error', reject)
  })
  const socket = await talk({ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/chat', ':authority': 'example.com' }, 'frames')
  const tunnel = await talk({ ':method': 'CONNECT', ':authority': 'example.com:22' }, 'SSH-2.0')
  const taken = session.request({ ':path': '/never', ':method': 'POST' })
  taken.on('error', () => {})
  taken.on('close', () => { console.log(socket, tunnel); session.close() })
  taken.write('x', () => taken.destroy(new Error('enough')))
})
