// tokio-tungstenite, through a tunnel that its program made: tungstenite-client wss://HOST:PORT/v1
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use std::{env, error::Error, time::SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async_tls, tungstenite::client::IntoClientRequest, tungstenite::Message};

async fn tunnel(target: &str) -> Result<TcpStream, Box<dyn Error>> {
    let proxy = env::var("HTTPS_PROXY")?;
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://").trim_end_matches('/')).await?;
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&head).into());
    }
    Ok(stream)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).ok_or("no URL")?;
    let mut request = format!("{base}/realtime?model=tungstenite").into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", "realtime".parse()?);
    let target = request.uri().authority().ok_or("no host")?.to_string();
    let (mut ws, response) = client_async_tls(request, tunnel(&target).await?).await?;
    println!("{:?}", response.headers().get("sec-websocket-protocol"));
    let made = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    while let Some(message) = ws.next().await {
        match message? {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text)?;
                let kind = event["type"].as_str().unwrap_or("");
                println!("{kind} {}", event["delta"].as_str().unwrap_or(""));
                let answer = match kind {
                    "session.created" => json!({"type": "conversation.item.create", "item": {"id": format!("item_{made}")}}),
                    "conversation.item.added" => json!({"type": "response.create"}),
                    "response.done" => {
                        ws.close(None).await?;
                        continue;
                    }
                    _ => continue,
                };
                ws.send(Message::text(answer.to_string())).await?;
            }
            Message::Close(frame) => {
                println!("closed {frame:?}");
                break;
            }
            _ => {}
        }
    }
    Ok(())
}
