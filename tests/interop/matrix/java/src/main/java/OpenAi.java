import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.ChatModel;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.util.ArrayList;
import java.util.List;

public class OpenAi {
    public static void main(String[] arguments) {
        OpenAIClient client = OpenAIOkHttpClient.fromEnv();
        ChatCompletionCreateParams call = ChatCompletionCreateParams.builder()
                .model(ChatModel.GPT_4O_MINI)
                .addUserMessage("Say hi in Portuguese")
                .build();
        if (arguments[0].equals("plain")) {
            var answer = client.chat().completions().create(call);
            Printed.plain(answer.choices().get(0).message().content().orElseThrow());
        } else {
            List<String> chunks = new ArrayList<>();
            try (var stream = client.chat().completions().createStreaming(call)) {
                stream.stream().forEach(event -> chunks.add(event.choices().get(0).delta().content().orElse("")));
            }
            Printed.stream(chunks);
        }
        client.close();
    }
}
