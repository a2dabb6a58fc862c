//! What the programs share: the request for those that speak HTTP themselves, and the line of JSON.

use serde_json::{json, Value};

pub const URL: &str = "https://api.openai.com/v1/chat/completions";
pub const PROMPT: &str = "Say hi in Portuguese";

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

pub fn streamed() -> bool {
    std::env::args().nth(1).as_deref() == Some("stream")
}

pub fn key() -> String {
    std::env::var("OPENAI_API_KEY").unwrap_or_default()
}

pub fn body() -> Value {
    json!({
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": PROMPT}],
        "stream": streamed(),
    })
}

pub fn print_plain(text: &str) {
    println!("{}", json!({"text": text}));
}

pub fn print_stream(chunks: &[String]) {
    println!("{}", json!({"text": chunks.concat(), "chunks": chunks}));
}
