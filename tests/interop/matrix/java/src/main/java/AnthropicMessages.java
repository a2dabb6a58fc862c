import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import java.util.ArrayList;
import java.util.List;

public class AnthropicMessages {
    public static void main(String[] arguments) {
        AnthropicClient client = AnthropicOkHttpClient.fromEnv();
        MessageCreateParams call = MessageCreateParams.builder()
                .model("claude-sonnet-4-5")
                .maxTokens(99)
                .addUserMessage("Say hi in Portuguese")
                .build();
        if (arguments[0].equals("plain")) {
            Printed.plain(client.messages().create(call).content().get(0).asText().text());
        } else {
            List<String> chunks = new ArrayList<>();
            try (var stream = client.messages().createStreaming(call)) {
                stream.stream()
                        .flatMap(event -> event.contentBlockDelta().stream())
                        .flatMap(event -> event.delta().text().stream())
                        .forEach(delta -> chunks.add(delta.text()));
            }
            Printed.stream(chunks);
        }
        client.close();
    }
}
