/* SignalWire's side: Twilio's requests under its own address and signature; our documents are read as by Twilio. */
#include "base/check.h"
#include "provider/dialects.h"
#include "provider/signalwire_signature.h"
#include "provider/sim.h"

#define READ_MEMORY_MAX (64 * 1024)

/* "/hooks/twilio/..." -> "/hooks/signalwire/..." */
static enum err move(struct sim_request *request)
{
	static const struct str twilio = {"/hooks/twilio/", 14};
	struct str target = str_of(request->target);
	char room[sizeof request->target];
	struct buf moved;

	ASSERT(str_starts(target, twilio));
	buf_fixed(&moved, room, sizeof room - 1);
	buf_lit(&moved, "/hooks/signalwire/");
	buf_str(&moved, str_n(target.at + twilio.len, target.len - twilio.len));
	return sim_take_text(request->target, sizeof request->target, &moved);
}

static enum err sign(const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char url_text[2048 + 512], signature[SIGNALWIRE_FORM_SIZE];
	struct arena arena;
	struct form form;
	struct buf url;

	buf_fixed(&url, url_text, sizeof url_text);
	buf_lit(&url, question->public_url);
	buf_lit(&url, request->target);
	if (!buf_ok(&url))
		return ERR_TOO_LARGE;
	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = form_parse(str_of(request->body), &arena, &form);
	if (!err) {
		signalwire_sign_form(str_of(account->secret), buf_text(&url), &form, signature);
		request->headers_n = 0;
		sim_set_header(request, "X-SignalWire-Signature", signature);
	}
	arena_done(&arena);
	return err;
}

static enum err finish(const struct account *account, const struct sim_question *question, struct sim_request *request,
	struct sim_request *ret_request)
{
	enum err err = move(request);

	if (!err)
		err = sign(account, question, request);
	if (!err)
		*ret_request = *request;
	return err;
}

static enum err ask(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	struct sim_request request;
	enum err err = sim_twilio.ask(account, question, &request);

	return err ? err : finish(account, question, &request, ret_request);
}

static enum err tell(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	struct sim_request request;
	enum err err = sim_twilio.tell(account, question, &request);

	return err ? err : finish(account, question, &request, ret_request);
}

static enum err read_answer(const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	return sim_twilio.read(account, status, body, ret_outcome);
}

static enum err text(const struct account *account, const struct sim_question *question,
	struct sim_request *ret_request)
{
	struct sim_request request;
	enum err err = sim_twilio.text(account, question, &request);

	return err ? err : finish(account, question, &request, ret_request);
}

static enum err read_text(const struct account *account, int status, struct str body, struct sim_text *ret_text)
{
	return sim_twilio.read_text(account, status, body, ret_text);
}

const struct provider_sim sim_signalwire = {
	.ask = ask, .tell = tell, .read = read_answer, .text = text, .read_text = read_text};
