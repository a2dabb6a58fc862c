require "json"
require "net/http"

url = URI("https://api.openai.com/v1/chat/completions")
call = {
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "Say hi in Portuguese" }],
  stream: ARGV[0] == "stream"
}
headers = { "Authorization" => "Bearer #{ENV.fetch('OPENAI_API_KEY')}", "Content-Type" => "application/json" }
Net::HTTP.start(url.host, url.port, use_ssl: true) do |http|
  http.request(Net::HTTP::Post.new(url, headers), JSON.generate(call)) do |answer|
    abort "status #{answer.code}" unless answer.is_a?(Net::HTTPOK)
    answer.read_body { |piece| $stdout.write(piece) }
  end
end
