/* The HTTP server: TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "http/http_bench.h"

static void path_in_dir(char *ret_path, const char *name)
{
	snprintf(ret_path, 128, "%s/%s", bench.dir, name);
}

/* A self-signed certificate of that serial number, and its key. */
static void write_certificate(long serial)
{
	char path[128];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	assert_true(key && cert);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	path_in_dir(path, "cert.pem");
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_X509(file, cert);
	fclose(file);
	path_in_dir(path, "key.pem");
	file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct tls_client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
};

static struct tls_client tls_dial(int version)
{
	struct tls_client client = {.fd = dial(), .context = SSL_CTX_new(TLS_client_method())};

	SSL_CTX_set_max_proto_version(client.context, version);
	client.ssl = SSL_new(client.context);
	SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	SSL_set_fd(client.ssl, client.fd);
	return client;
}

static void tls_hang_up(struct tls_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
}

static long tls_serial(int version)
{
	static const char expected[] = "/x||a||";
	struct tls_client client = tls_dial(version);
	char reply[1024] = "";
	const unsigned char *alpn;
	unsigned alpn_len;

	assert_int_equal(SSL_connect(client.ssl), 1);
	assert_int_equal(SSL_version(client.ssl), version);
	SSL_get0_alpn_selected(client.ssl, &alpn, &alpn_len);
	assert_true(str_equal(str_n((const char *)alpn, alpn_len), STR("http/1.1")));
	for (int i = 0; i < 3; i++) {
		assert_true(SSL_write(client.ssl, GET("/x"), sizeof GET("/x") - 1) > 0);
		int n = SSL_read(client.ssl, reply, sizeof reply - 1);
		assert_true(n > 0);
		reply[n] = '\0';
		assert_string_equal(reply + n - (int)sizeof expected + 1, expected);
	}
	X509 *cert = SSL_get1_peer_certificate(client.ssl);
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(cert));
	X509_free(cert);
	tls_hang_up(&client);
	return serial;
}

static void serve_tls(char certificate[128], char key[128])
{
	snprintf(bench.dir, sizeof bench.dir, "/tmp/http_server_test.XXXXXX");
	assert_non_null(mkdtemp(bench.dir));
	path_in_dir(certificate, "cert.pem");
	path_in_dir(key, "key.pem");
	write_certificate(1);
	serve((struct http_options){.certificate = certificate, .key = key, .head_ms = 2000});
}

static void end_tls(const char *certificate, const char *key)
{
	end();
	unlink(certificate);
	unlink(key);
	rmdir(bench.dir);
}

static void tls_serves_and_reloads(void **state)
{
	char certificate[128], key[128], error[256] = "";

	(void)state;
	serve_tls(certificate, key);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	assert_int_equal(tls_serial(TLS1_2_VERSION), 1);
	write_certificate(2);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	assert_int_equal(http_server_reload(bench.server, error), ERR_OK);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 2);
	assert_int_equal(truncate(certificate, 10), 0);
	assert_int_not_equal(http_server_reload(bench.server, error), ERR_OK);
	assert_non_null(strstr(error, certificate));
	assert_int_equal(tls_serial(TLS1_3_VERSION), 2);
	end_tls(certificate, key);
}

static void tls_refuses_what_is_not_tls(void **state)
{
	char certificate[128], key[128];

	(void)state;
	serve_tls(certificate, key);
	int fd = dial();
	say(fd, GET("/x"));
	char bytes[64];
	while (read(fd, bytes, sizeof bytes) > 0)
		;
	close(fd);
	struct tls_client client = tls_dial(TLS1_1_VERSION);
	SSL_set_security_level(client.ssl, 0);
	assert_true(SSL_connect(client.ssl) != 1);
	tls_hang_up(&client);
	client = tls_dial(TLS1_3_VERSION);
	SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2", 3);
	assert_true(SSL_connect(client.ssl) != 1);
	tls_hang_up(&client);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	end_tls(certificate, key);
}

static void tls_carries_long_replies_and_says_goodbye(void **state)
{
	static char bytes[16384];
	char certificate[128], key[128];
	size_t total = 0;
	int n;

	(void)state;
	serve_tls(certificate, key);
	struct tls_client client = tls_dial(TLS1_3_VERSION);
	assert_int_equal(SSL_connect(client.ssl), 1);
	assert_true(
		SSL_write(client.ssl, GET("/big") GET("/close"), sizeof(GET("/big") GET("/close")) - 1) > 0);
	while ((n = SSL_read(client.ssl, bytes, sizeof bytes)) > 0)
		total += (size_t)n;
	assert_int_equal(SSL_get_error(client.ssl, n), SSL_ERROR_ZERO_RETURN);
	assert_true(total > 4 * 1024 * 1024);
	tls_hang_up(&client);
	end_tls(certificate, key);
}

static void a_handshake_that_stops_is_cut(void **state)
{
	char certificate[128], key[128];

	(void)state;
	serve_tls(certificate, key);
	end();
	serve((struct http_options){.certificate = certificate, .key = key, .head_ms = 30});
	int fd = dial();
	expect_end(fd);
	close(fd);
	end_tls(certificate, key);
}

static void a_bad_certificate_is_an_error_at_start(void **state)
{
	char error[256] = "";
	struct http_server *server;
	struct http_options options = {
		.listen = "127.0.0.1:0", .certificate = "/nonexistent", .key = "/nonexistent"};

	(void)state;
	assert_int_not_equal(http_server_new(&options, &handler, &server, error), ERR_OK);
	assert_non_null(strstr(error, "/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_serves_and_reloads),
		cmocka_unit_test(tls_refuses_what_is_not_tls),
		cmocka_unit_test(tls_carries_long_replies_and_says_goodbye),
		cmocka_unit_test(a_handshake_that_stops_is_cut),
		cmocka_unit_test(a_bad_certificate_is_an_error_at_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
