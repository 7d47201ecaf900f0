#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/digest.h"

#define KEY_TEXT_MAX 255
#define CONNECT_TIMEOUT_S 5L
#define TIMEOUT_S 30

struct client {
	CURL *curl;
	char *url;
	char key[KEY_TEXT_MAX + 1]; /* "" none */
	bool loopback;
};

static enum err refuse(char ret_error[CLIENT_SENTENCE_SIZE], const char *what, const char *why)
{
	snprintf(ret_error, CLIENT_SENTENCE_SIZE, "%.200s: %.200s", what, why);
	return ERR_BAD_REQUEST;
}

/* A key is one word of visible ASCII, so that it can't end its header's line. */
static bool key_take(struct client *client, struct str text)
{
	text = str_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return str_copy(client->key, sizeof client->key, text);
}

static enum err key_read(struct client *client, const char *path, char ret_error[CLIENT_SENTENCE_SIZE])
{
	char text[KEY_TEXT_MAX + 2];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = file < 0 ? -1 : read(file, text, sizeof text);
	int why = errno;

	if (file >= 0)
		close(file);
	if (len < 0)
		return refuse(ret_error, path, strerror(why));
	bool good = (size_t)len < sizeof text && key_take(client, str_n(text, (size_t)len)) && client->key[0];
	secret_wipe(text, sizeof text);
	return good ? ERR_OK
		    : refuse(ret_error, path, "this file (BAUTA_API_KEY_FILE) does not hold an API key");
}

static enum err key_find(struct client *client, const char *key, const char *path,
	char ret_error[CLIENT_SENTENCE_SIZE])
{
	if (key && key[0])
		return key_take(client, str_of(key))
			       ? ERR_OK
			       : refuse(ret_error, "BAUTA_KEY", "this is not an API key");
	if (path && path[0])
		return key_read(client, path, ret_error);
	return ERR_OK;
}

/* Is it an http or https address without user, query and fragment? And does it stay on this machine? */
static bool url_check(const char *url, bool *ret_loopback)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL, *other = NULL;
	bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
		    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		    curl_url_get(parts, CURLUPART_USER, &other, 0) != CURLUE_OK &&
		    curl_url_get(parts, CURLUPART_QUERY, &other, 0) != CURLUE_OK &&
		    curl_url_get(parts, CURLUPART_FRAGMENT, &other, 0) != CURLUE_OK;

	if (good)
		*ret_loopback = strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
				strcmp(host, "[::1]") == 0;
	curl_free(scheme);
	curl_free(host);
	curl_free(other);
	curl_url_cleanup(parts);
	return good;
}

static enum err url_take(struct client *client, const char *url, char ret_error[CLIENT_SENTENCE_SIZE])
{
	if (!url || !url[0])
		url = CLIENT_URL_DEFAULT;
	if (!url_check(url, &client->loopback))
		return refuse(ret_error, "BAUTA_URL", "this is not an address such as " CLIENT_URL_DEFAULT);
	size_t len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	client->url = strndup(url, len);
	ASSERT(client->url);
	return ERR_OK;
}

static enum err make(struct client **ret_client, const char *url, const char *key, const char *key_file,
	char ret_error[CLIENT_SENTENCE_SIZE])
{
	struct client *client = calloc(1, sizeof *client);
	enum err err;

	ASSERT(client);
	err = url_take(client, url, ret_error);
	if (!err)
		err = key_find(client, key, key_file, ret_error);
	if (!err) {
		client->curl = curl_easy_init();
		if (!client->curl)
			err = refuse(ret_error, "libcurl", "it does not start");
	}
	if (err) {
		client_free(client);
		return err;
	}
	*ret_client = client;
	return ERR_OK;
}

enum err client_new(struct client **ret_client, char ret_error[CLIENT_SENTENCE_SIZE])
{
	return make(ret_client, getenv("BAUTA_URL"), getenv("BAUTA_KEY"), getenv("BAUTA_API_KEY_FILE"), ret_error);
}

enum err client_new_at(const char *url, const char *key, struct client **ret_client,
	char ret_error[CLIENT_SENTENCE_SIZE])
{
	return make(ret_client, url, key, NULL, ret_error);
}

void client_free(struct client *client)
{
	if (!client)
		return;
	if (client->curl)
		curl_easy_cleanup(client->curl);
	secret_wipe(client->key, sizeof client->key);
	free(client->url);
	free(client);
}

const char *client_url(const struct client *client)
{
	return client->url;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *body)
{
	buf_put(body, bytes, size * n);
	return buf_ok(body) ? size * n : 0;
}

static void add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	ASSERT(longer);
	*list = longer;
}

static struct curl_slist *make_headers(const struct client *client, const struct client_request *request)
{
	struct curl_slist *list = NULL;
	char line[KEY_TEXT_MAX + 64];

	add_header(&list, "Expect:"); /* a second for 100-continue is a second lost */
	if (client->key[0] && !request->without_key) {
		snprintf(line, sizeof line, "Authorization: Bearer %s", client->key);
		add_header(&list, line);
	}
	if (request->content_type) {
		snprintf(line, sizeof line, "Content-Type: %s", request->content_type);
		add_header(&list, line);
	}
	for (const char *const *header = request->headers; header && *header; header++)
		add_header(&list, *header);
	secret_wipe(line, sizeof line);
	return list;
}

static void set_options(struct client *client, const struct client_request *request, const char *url,
	struct curl_slist *headers, struct buf *body, char *reason)
{
	CURL *curl = client->curl;
	int timeout_s = request->timeout_s ? request->timeout_s : TIMEOUT_S;

	curl_easy_reset(curl); /* keeps the connection */
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)timeout_s);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "bauta/" BAUTA_VERSION);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	if (client->loopback)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	if (request->body.at) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	}
	if (strcmp(request->method, "GET") == 0 && !request->body.at)
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	if (strcmp(request->method, "POST") == 0 && !request->body.at)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
}

static void no_answer(
	const struct client *client, CURLcode code, const char *reason, char sentence[CLIENT_SENTENCE_SIZE])
{
	const char *why = reason[0] ? reason : curl_easy_strerror(code);

	if (code == CURLE_COULDNT_CONNECT)
		snprintf(sentence, CLIENT_SENTENCE_SIZE,
			"no server answers at %.200s (BAUTA_URL): is `bauta serve` running?", client->url);
	else if (code == CURLE_WRITE_ERROR)
		snprintf(sentence, CLIENT_SENTENCE_SIZE, "%.200s: the answer is too large", client->url);
	else
		snprintf(sentence, CLIENT_SENTENCE_SIZE, "%.200s: %.250s", client->url, why);
}

enum err client_ask(struct client *client, const struct client_request *request,
	struct client_answer *ret_answer, char ret_error[CLIENT_SENTENCE_SIZE])
{
	struct client_answer answer = {0};
	struct curl_slist *headers = make_headers(client, request);
	char reason[CURL_ERROR_SIZE] = "";
	size_t url_size = strlen(client->url) + strlen(request->target) + 1;
	char *url = malloc(url_size);
	long status = 0;
	curl_off_t retry_after = 0;

	ASSERT(url);
	snprintf(url, url_size, "%s%s", client->url, request->target);
	buf_init(&answer.body, CLIENT_ANSWER_MAX);
	set_options(client, request, url, headers, &answer.body, reason);
	CURLcode code = curl_easy_perform(client->curl);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_after);
	curl_slist_free_all(headers);
	free(url);

	if (code != CURLE_OK) {
		no_answer(client, code, reason, ret_error);
		buf_done(&answer.body);
		return ERR_OVERLOADED;
	}
	answer.status = (int)status;
	answer.retry_after_s = retry_after > 3600 ? 3600 : (int)retry_after;
	if (answer.body.len)
		answer.json = json_loadb(answer.body.at, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	*ret_answer = answer;
	return ERR_OK;
}

void client_answer_done(struct client_answer *answer)
{
	json_decref(answer->json);
	buf_done(&answer->body);
}

/* " (field parties[0].number, code bad_number)" */
static void put_blame(struct buf *out, const json_t *problem)
{
	const char *field = json_string_value(json_object_get(problem, "field"));
	const char *code = json_string_value(json_object_get(problem, "code"));
	const json_t *line = json_object_get(problem, "line");
	const char *before = " (";

	if (json_is_integer(line)) {
		buf_fmt(out, "%sline %lld", before, (long long)json_integer_value(line));
		before = ", ";
	}
	if (field) {
		buf_fmt(out, "%sfield %.100s", before, field);
		before = ", ";
	}
	if (code)
		buf_fmt(out, "%scode %.40s", before, code);
	if (line || field || code)
		buf_char(out, ')');
}

void client_sentence(
	const struct client *client, const struct client_answer *answer, char sentence[CLIENT_SENTENCE_SIZE])
{
	const char *title = json_string_value(json_object_get(answer->json, "title"));
	const char *detail = json_string_value(json_object_get(answer->json, "detail"));
	struct buf out;

	buf_fixed(&out, sentence, CLIENT_SENTENCE_SIZE - 1);
	if (title || detail) {
		buf_fmt(&out, "%.250s", detail ? detail : title);
		put_blame(&out, answer->json);
	} else {
		buf_fmt(&out, "%.200s answered %d and nothing that Bauta would say: is BAUTA_URL right?",
			client->url, answer->status);
	}
	if (answer->status == 401 && !client->key[0])
		buf_lit(&out, "; no key was sent: set BAUTA_KEY");
	for (size_t i = 0; i < out.len; i++) /* what others wrote does not steer a terminal */
		if ((unsigned char)sentence[i] < ' ' || sentence[i] == 0x7F)
			sentence[i] = ' ';
	sentence[out.len] = '\0';
}
