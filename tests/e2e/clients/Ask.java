import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

// java Ask.java URL...: asks each URL by both of Java's clients, prints an answer a line.
class Ask {
    public static void main(String[] urls) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (String url : urls) {
            System.out.println(client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body());
            HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
            System.out.println(new String(connection.getInputStream().readAllBytes()));
        }
    }
}
