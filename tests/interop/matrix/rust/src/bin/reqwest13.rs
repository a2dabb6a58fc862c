use tapehead_matrix::{body, key, Outcome, URL};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let client = reqwest::Client::new();
    let answer = client.post(URL).bearer_auth(key()).json(&body()).send().await?;
    print!("{}", answer.error_for_status()?.text().await?);
    Ok(())
}
