import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** The JDK's own client. */
public class JdkClient {
    public static void main(String[] arguments) throws IOException, InterruptedException {
        String stream = arguments[0].equals("stream") ? ", \"stream\": true" : "";
        String body = "{\"model\": \"gpt-4o-mini\", \"messages\": "
                + "[{\"role\": \"user\", \"content\": \"Say hi in Portuguese\"}]" + stream + "}";
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://api.openai.com/v1/chat/completions"))
                .header("Authorization", "Bearer " + System.getenv("OPENAI_API_KEY"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode());
        }
        System.out.write(answer.body());
        System.out.flush();
    }
}
