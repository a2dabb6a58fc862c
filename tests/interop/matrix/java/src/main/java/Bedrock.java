import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.Message;

/** Plain by the synchronous client (Apache's), streamed by the asynchronous one (Netty's): there is no other. */
public class Bedrock {
    private static final String MODEL = "anthropic.claude-3-haiku-20240307-v1:0";

    public static void main(String[] arguments) {
        Message message = Message.builder()
                .role(ConversationRole.USER)
                .content(ContentBlock.fromText("Say hi in Portuguese"))
                .build();
        if (arguments[0].equals("plain")) {
            try (BedrockRuntimeClient client = BedrockRuntimeClient.create()) {
                var answer = client.converse(call -> call.modelId(MODEL).messages(message));
                Printed.plain(answer.output().message().content().get(0).text());
            }
        } else {
            List<String> chunks = new ArrayList<>();
            var handler = ConverseStreamResponseHandler.builder()
                    .subscriber(ConverseStreamResponseHandler.Visitor.builder()
                            .onContentBlockDelta(event -> chunks.add(event.delta().text()))
                            .build())
                    .build();
            try (BedrockRuntimeAsyncClient client = BedrockRuntimeAsyncClient.create()) {
                client.converseStream(call -> call.modelId(MODEL).messages(message), handler).join();
            }
            Printed.stream(chunks);
        }
    }
}
