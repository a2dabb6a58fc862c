use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};
use async_openai::Client;
use futures::StreamExt;
use tapehead_matrix::{print_plain, print_stream, streamed, Outcome, PROMPT};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let client = Client::new();
    let message = ChatCompletionRequestUserMessageArgs::default().content(PROMPT).build()?;
    let mut call = CreateChatCompletionRequestArgs::default();
    let call = call.model("gpt-4o-mini").messages([message.into()]);
    if streamed() {
        let mut stream = client.chat().create_stream(call.stream(true).build()?).await?;
        let mut chunks = Vec::new();
        while let Some(event) = stream.next().await {
            chunks.push(event?.choices[0].delta.content.clone().unwrap_or_default());
        }
        print_stream(&chunks);
    } else {
        let answer = client.chat().create(call.build()?).await?;
        print_plain(answer.choices[0].message.content.as_deref().unwrap_or_default());
    }
    Ok(())
}
