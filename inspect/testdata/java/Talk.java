import java.io.*;
import java.lang.reflect.*;
import java.security.*;
import javax.crypto.SecretKey;
import javax.net.ssl.*;

/** Both ends of one connection: the client speaks to the address that it reads from its input. */
public class Talk {
    public static void main(String[] a) throws Exception {
        for (String p : new String[]{"jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms", "jdk.tls.legacyAlgorithms"})
            Security.setProperty(p, "");
        String[] protocols = a[1].split(","), suites = {a[2]};
        KeyStore ks = KeyStore.getInstance("PKCS12");
        ks.load(new FileInputStream(a[0]), "secret".toCharArray());
        KeyManagerFactory kmf = KeyManagerFactory.getInstance("SunX509");
        kmf.init(ks, "secret".toCharArray());
        TrustManagerFactory tmf = TrustManagerFactory.getInstance("PKIX");
        tmf.init(ks);
        SSLContext ctx = SSLContext.getInstance("TLS");
        ctx.init(kmf.getKeyManagers(), tmf.getTrustManagers(), null);
        SSLServerSocket ss = (SSLServerSocket) ctx.getServerSocketFactory().createServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress());
        ss.setEnabledProtocols(protocols);
        ss.setEnabledCipherSuites(suites);
        if (a.length > 3) ss.setNeedClientAuth(true);
        Thread t = new Thread(() -> {
            try (SSLSocket s = (SSLSocket) ss.accept()) {
                BufferedReader in = new BufferedReader(new InputStreamReader(s.getInputStream()));
                Writer out = new OutputStreamWriter(s.getOutputStream());
                for (String line; (line = in.readLine()) != null; ) {
                    out.write(new StringBuilder(line).reverse() + "\n");
                    out.flush();
                }
            } catch (IOException e) { e.printStackTrace(); }
        });
        t.start();
        System.out.println("PORT " + ss.getLocalPort());
        int port = Integer.parseInt(new BufferedReader(new InputStreamReader(System.in)).readLine());
        try (SSLSocket c = (SSLSocket) ctx.getSocketFactory().createSocket("127.0.0.1", port)) {
            c.setEnabledProtocols(protocols);
            c.setEnabledCipherSuites(suites);
            c.startHandshake();
            Method m = c.getSession().getClass().getDeclaredMethod("getMasterSecret");
            m.setAccessible(true);
            SecretKey k = (SecretKey) m.invoke(c.getSession());
            BufferedReader in = new BufferedReader(new InputStreamReader(c.getInputStream()));
            Writer out = new OutputStreamWriter(c.getOutputStream());
            for (String line : new String[]{"a", "0123456789abcdef", "0123456789".repeat(9)}) {
                out.write(line + "\n");
                out.flush();
                in.readLine();
            }
            StringBuilder b = new StringBuilder();
            for (byte x : k.getEncoded()) b.append(String.format("%02x", x));
            System.out.println("MASTER " + c.getSession().getProtocol() + " " + c.getSession().getCipherSuite() + " " + b);
        }
        t.join();
    }
}
