use tapehead_matrix::{body, key, Outcome, URL};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let client = reqwest12::Client::builder().tls_built_in_native_certs(false).build()?;
    let answer = client.post(URL).bearer_auth(key()).json(&body()).send().await?;
    print!("{}", answer.error_for_status()?.text().await?);
    Ok(())
}
