// An HTTP/2 server in the clear. It says on its output where it listens, and then
// a line for each request.
'use strict'
const http2 = require('http2')
const crypto = require('crypto')

const server = http2.createServer({ settings: { enableConnectProtocol: true, headerTableSize: 8192, maxConcurrentStreams: 100 } })
const say = (what) => console.log(JSON.stringify(what))

server.on('stream', (stream, headers) => {
  stream.on('error', () => {})
  const path = headers[':path'] || ''
  if (headers[':method'] === 'CONNECT') {
    stream.respond({ ':status': 200 })
    say({ id: stream.id, method: 'CONNECT', path, status: 200 })
    stream.pipe(stream)
    return
  }
  const body = []
  stream.on('data', (b) => body.push(b))
  stream.on('end', () => {
    const whole = Buffer.concat(body)
    const answer = Buffer.concat([whole, Buffer.from('answer to ' + path)])
    const sum = (b) => crypto.createHash('sha256').update(b).digest('hex')
    const head = { ':status': 200, 'x-path': path, 'set-cookie': ['a=1', 'b=2'] }
    const told = { id: stream.id, method: headers[':method'], path, agent: headers['user-agent'] || '', status: 200, sent: sum(answer), got: sum(whole) }
    if (path.startsWith('/reset')) {
      told.reset = true
      say(told)
      stream.respond(head)
      stream.write('some')
      setImmediate(() => stream.destroy(new Error('enough')))
      return
    }
    if (path.startsWith('/early')) stream.additionalHeaders({ ':status': 103, link: '</style.css>' })
    if (path.startsWith('/push') && stream.pushAllowed) {
      stream.pushStream({ ':path': '/pushed' }, (err, pushed) => {
        if (err) return
        pushed.on('error', () => {})
        pushed.respond({ ':status': 200 })
        pushed.end('pushed')
      })
    }
    say(told)
    if (path.startsWith('/trailers')) {
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': told.sent }))
    } else {
      stream.respond(head)
    }
    stream.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port))
