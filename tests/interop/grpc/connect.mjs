// Connect for Node: a server of gRPC, gRPC-Web and Connect, and a client that speaks each of them.
//     connect.mjs server CERT KEY            prints its port
//     connect.mjs client PORT CA [MESSAGE]   MESSAGE: one more in each conversation
import fs from 'fs'; import http2 from 'http2';
import { createFileRegistry, fromBinary, create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { createClient, ConnectError, Code } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport, createGrpcWebTransport, createGrpcTransport } from '@connectrpc/connect-node';
const [,, role, a, b, c] = process.argv;
const file = create(FileDescriptorProtoSchema, {name:'talk.proto', package:'loopback', syntax:'proto3',
  messageType:[{name:'Text', field:[{name:'text', number:1, type:9, label:1, jsonName:'text'}]}],
  service:[{name:'Talk', method:[['Unary',false,false],['Fail',false,false],['Count',false,true],['Chat',true,true]].map(([name,cs,ss])=>({name, inputType:'.loopback.Text', outputType:'.loopback.Text', clientStreaming:cs, serverStreaming:ss}))}]});
const reg = createFileRegistry(create(FileDescriptorSetSchema, {file:[file]}));
const Talk = reg.getService('loopback.Talk');
const wait = ms => new Promise(r => setTimeout(r, ms));
if (role === 'server') {
  const routes = r => r.service(Talk, {
    unary: async (q, ctx) => { ctx.responseHeader.set('x-first','1'); ctx.responseTrailer.set('x-cost','7'); return {text:'got '+q.text}; },
    fail: async q => { throw new ConnectError('no '+q.text, Code.NotFound); },
    count: async function*(q) { for (let i=0;i<3;i++) { await wait(30); yield {text:q.text+' '+i}; } },
    chat: async function*(qs) { for await (const q of qs) { await wait(20); yield {text:'pong '+q.text}; } yield {text:'bye'}; },
  });
  const s = http2.createSecureServer({key: fs.readFileSync(b), cert: fs.readFileSync(a), allowHTTP1:true}, connectNodeAdapter({routes}));
  s.listen(0, '127.0.0.1', () => console.log(s.address().port));
} else {
  const out = {};
  const ca = fs.readFileSync(b);
  const opts = {baseUrl:`https://localhost:${a}`, nodeOptions:{ca}};
  const kinds = {connect: createConnectTransport({...opts, httpVersion:'2'}), connectJson: createConnectTransport({...opts, httpVersion:'2', useBinaryFormat:false}), connect1: createConnectTransport({...opts, httpVersion:'1.1'}), web: createGrpcWebTransport({...opts, httpVersion:'1.1'}), web2: createGrpcWebTransport({...opts, httpVersion:'2'}), grpc: createGrpcTransport(opts)};
  for (const [k, tr] of Object.entries(kinds)) {
    const cl = createClient(Talk, tr), o = out[k] = {};
    const tryIt = async f => { try { return await f(); } catch (e) { return String(e); } };
    o.unary = await tryIt(async () => { let h, t; const r = await cl.unary({text:'hello'}, {onHeader:x=>h=x.get('x-first'), onTrailer:x=>t=x.get('x-cost')}); return [r.text, h, t]; });
    o.fail = await tryIt(() => cl.fail({text:'cat'}));
    o.count = await tryIt(async () => { const all=[]; for await (const m of cl.count({text:'n'})) all.push(m.text); return all; });
    if (['connect','connectJson','grpc'].includes(k)) o.chat = await tryIt(async () => {
      const all=[]; let go; const q=['one','two'].concat(c?[c]:[]); let turn = new Promise(r=>go=r); go();
      async function* asks() { for (const x of q) { await turn; turn = new Promise(r=>go=r); yield {text:x}; } await turn; }
      try { for await (const m of cl.chat(asks())) { all.push(m.text); go(); } } catch (e) { all.push(String(e)); go(); }
      return all; });
  }
  console.log(JSON.stringify(out)); process.exit(0);
}
