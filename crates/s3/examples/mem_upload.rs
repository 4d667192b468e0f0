#![allow(warnings)]
use std::sync::Arc; use std::time::Instant;
use bytes::Bytes; use futures_util::{StreamExt, stream};
use fm_domain::{blob::*, body::*, ids::BlobId};
use fm_s3::*;
fn rss(k:&str)->u64{ std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l|l.starts_with(k)).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap() }
#[tokio::main]
async fn main(){
 let ep=std::env::args().nth(1).unwrap(); let n:usize=std::env::args().nth(2).unwrap().parse().unwrap(); let known=std::env::args().nth(3).unwrap()=="known"; let len:usize=std::env::args().nth(4).unwrap().parse().unwrap(); let conc:usize=std::env::args().nth(5).unwrap().parse().unwrap();
 let s=S3Settings{endpoint:ep.clone(),public_endpoint:ep,region:"us-east-1".into(),access_key_id:"a".into(),secret_access_key:"s".into(),force_path_style:true,files_bucket:"files".into(),thumbnails_bucket:"thumbnails".into(),budget:BufferBudget::new(ByteSize::new(64<<20)),timeouts:S3Timeouts::STANDARD};
 let st=S3BlobStore::new(&s).unwrap(); st.ensure_buckets().await.unwrap();
 let put=|| { let st=st.clone(); async move {
   let chunk=Bytes::from(vec![7u8;64*1024]);
   let body=stream::iter((0..len).step_by(64*1024).map(move|at|Ok(chunk.slice(..(64*1024).min(len-at))))).boxed();
   let key=BlobKey::file(BlobId::new(uuid::Uuid::now_v7()));
   st.put(&key,body,&PutHint{length:known.then_some(ByteSize::new(len as u64)),content_type:"image/png".parse().unwrap()}).await.unwrap(); key}};
 let k=put().await; st.discard(&k).await.unwrap();
 let before=rss("VmRSS:"); let t=Instant::now();
 let keys:Vec<_>=stream::iter(0..n).map(|_|tokio::spawn(put())).buffer_unordered(conc).collect().await;
 let el=t.elapsed();
 println!("n={n} len={len} known={known}: before {before} KiB, peak {} KiB, +{} MiB, {:.1} MB/s, {:.0} op/s, budget back {}", rss("VmHWM:"), (rss("VmHWM:")-before)/1024, (n*len) as f64/1e6/el.as_secs_f64(), n as f64/el.as_secs_f64(), s.budget.available());
 for k in keys { st.discard(&k.unwrap()).await.unwrap(); }
 let _=Arc::new(0);
}
