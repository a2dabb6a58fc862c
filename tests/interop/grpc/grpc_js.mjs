// @grpc/grpc-js: a server, and a client that makes a call of each kind and prints what they come to.
//     grpc_js.mjs server CERT KEY      prints its port
//     grpc_js.mjs client PORT CA
import grpc from '@grpc/grpc-js';
import fs from 'fs';
const [,, role, a, b, c] = process.argv;
const id = x => x, def = (cs, ss, name) => ({path:`/loopback.Talk/${name}`, requestStream:cs, responseStream:ss, requestSerialize:id, requestDeserialize:id, responseSerialize:id, responseDeserialize:id});
const svc = {Unary:def(false,false,'Unary'),Fail:def(false,false,'Fail'),Gather:def(true,false,'Gather'),Count:def(false,true,'Count'),Chat:def(true,true,'Chat')};
const t = s => Buffer.concat([Buffer.from([10, s.length]), Buffer.from(s)]), said = m => m.subarray(2).toString();
if (role === 'server') {
  const s = new grpc.Server();
  s.addService(svc, {
    Unary: (call, cb) => { const md=new grpc.Metadata(); md.set('x-cost','7'); cb(null, t('got '+said(call.request)), md); },
    Fail: (call, cb) => cb({code: 5, details: 'no such – thing'}),
    Gather: (call, cb) => { const all=[]; call.on('data', m=>all.push(said(m))); call.on('end', ()=>cb(null, t(all.join('+')))); },
    Count: call => { let n=0; const k=setInterval(()=>{ call.write(t('n '+n++)); if(n===3){clearInterval(k);call.end();} },50); },
    Chat: call => { call.on('data', m=>setTimeout(()=>call.write(t('pong '+said(m))),30)); call.on('end', ()=>setTimeout(()=>{call.write(t('bye')); call.end()},60)); },
  });
  s.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createSsl(null, [{private_key: fs.readFileSync(b), cert_chain: fs.readFileSync(a)}]), (e, p) => { console.log(p); });
} else {
  const C = grpc.makeGenericClientConstructor(svc, 'Talk');
  const cl = new C(`localhost:${a}`, grpc.credentials.createSsl(fs.readFileSync(b)));
  const out = {};
  const p = f => new Promise(f);
  out.unary = await p(r => { let tr; const call = cl.Unary(t('hello'), (e, m) => setImmediate(()=>r([e?e.code:said(m), tr]))); call.on('status', s => tr = s.metadata.getMap()); });
  out.fail = await p(r => cl.Fail(t('x'), (e, m) => r([e.code, e.details])));
  out.gather = await p(r => { const c = cl.Gather((e, m) => r(e?String(e):said(m))); for (const x of 'abc') c.write(t(x)); c.end(); });
  out.count = await p(r => { const all=[]; const c = cl.Count(t('n')); c.on('data', m=>all.push(said(m))); c.on('error', e=>r([all,String(e)])); c.on('end', ()=>r(all)); });
  out.chat = await p(r => { const all=[]; const c = cl.Chat(); const q=['one','two','three']; c.write(t(q.shift())); c.on('data', m=>{ all.push(said(m)); if(q.length) c.write(t(q.shift())); else c.end(); }); c.on('error', e=>r([all,String(e)])); c.on('end', ()=>r(all)); });
  console.log(JSON.stringify(out)); cl.close();
}
