import java.io.FileInputStream;
import java.net.URI;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Fetches a URL and trusts one certificate only: {@code java TrustOne.java URL CERTIFICATE [any-name]}. */
public class TrustOne {
  public static void main(String[] args) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null);
    try (FileInputStream file = new FileInputStream(args[1])) {
      trusted.setCertificateEntry("host", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);

    HttpsURLConnection connection = (HttpsURLConnection) URI.create(args[0]).toURL().openConnection();
    connection.setSSLSocketFactory(context.getSocketFactory());
    // Only for a certificate made out to "*": no host has that name, the certificate itself is the identity.
    if (args.length > 2) connection.setHostnameVerifier((host, session) -> true);
    System.out.print(new String(connection.getInputStream().readAllBytes()));
  }
}
