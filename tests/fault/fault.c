/* fault [OPERATION [KIND [N]]]: all, or those whose name begins so; FAULT_STRIDE=k: every k-th n, beginning with another one for each
 * operation. TAP. */
#include "fault/fault.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/openapi.h"
#include "base/check.h"

#ifdef FAULT_SANITIZED
int __lsan_do_recoverable_leak_check(void);
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	/* What the loader keeps; and what OpenSSL 3.0 leaves of a MAC that it had no memory to copy (our own use of it is watched
	 * by the unit tests). */
	return "leak:_dl_map_object_deps\nleak:libcrypto.so\n";
}
#endif

#define FOUND_MAX 2 /* of an operation that are told */
#define CRASHES_EVERY 4
#define LEAKS_EVERY 8

struct operation operations[OPERATIONS_MAX];
int operations_n;

/* What is as it should be, and how a fork went; shared with the forks. */
struct run {
	struct door_reply reply;
	char before_stored[FAULT_TEXT_MAX], before_shown[FAULT_TEXT_MAX], stored[FAULT_TEXT_MAX], shown[FAULT_TEXT_MAX];
	uint32_t seen;
};
static struct run *usual;
static char stored[FAULT_TEXT_MAX], shown[FAULT_TEXT_MAX], exact[2][FAULT_TEXT_MAX];

enum outcome { GOOD, WRONG, NOTHING_LEFT, ENDS = FAULT_ENDS };

void operation_add(struct operation operation)
{
	ASSERT(operations_n < OPERATIONS_MAX);
	operations[operations_n++] = operation;
}

static void act(const struct operation *operation)
{
	if (operation->act)
		operation->act(operation);
	else
		town_ask(operation->method, town_target(operation->target), operation->content_type, operation->body,
			operation->reveals ? town_reveals : town_key, operation->idempotency_key);
}

static void prepare(const struct operation *operation)
{
	town_rest();
	if (operation->prepare)
		operation->prepare(operation);
}

static void look(char *ret_stored, char *ret_shown)
{
	state_stored(ret_stored, FAULT_TEXT_MAX, true);
	state_shown(ret_shown, FAULT_TEXT_MAX);
	state_alike(ret_shown);
}

/* --- what must hold --- */

static bool wrong(const char *what, const char *before, const char *after)
{
	fprintf(stderr, "%s\n", what);
	if (before)
		state_differs(before, after);
	return false;
}

static bool is_before(void)
{
	return strcmp(stored, usual->before_stored) == 0;
}

static bool is_whole(void)
{
	return strcmp(stored, usual->stored) == 0;
}

/* What is shown belongs to what is stored. */
static bool state_holds(void)
{
	if (!is_before() && !is_whole())
		return wrong("half done: neither as before nor as after the whole effect, from which it differs by", usual->stored, stored);
	const char *want = is_whole() ? usual->shown : usual->before_shown;
	if (is_before() && is_whole() && strcmp(shown, usual->shown) == 0)
		return true;
	return strcmp(shown, want) == 0 || wrong("what is shown is not what is stored", want, shown);
}

static bool crash_changes_nothing(void)
{
	state_stored(exact[0], FAULT_TEXT_MAX, false);
	town_crash();
	state_stored(exact[1], FAULT_TEXT_MAX, false);
	if (strcmp(exact[0], exact[1]) != 0)
		return wrong("a start changes what is stored", exact[0], exact[1]);
	static char again[FAULT_TEXT_MAX];
	state_shown(again, FAULT_TEXT_MAX);
	state_alike(again);
	return strcmp(shown, again) == 0 || wrong("a start changes what is shown", shown, again);
}

static bool again_works(const struct operation *operation)
{
	act(operation);
	if (!answer_is_usual(&door.reply, &usual->reply))
		return answer_wrong("asked again, it is not answered as usual", &door.reply);
	town_rest();
	look(stored, shown);
	if (!is_whole())
		return wrong("asked again, its effect is not the usual one", usual->stored, stored);
	return state_holds();
}

/* --- in a fork --- */

static enum outcome run_usual(const struct operation *operation, const struct fault_kind *kind)
{
	prepare(operation);
	look(usual->before_stored, usual->before_shown);
	*kind->count = (struct fault_count){.armed = true, .left = UINT32_MAX};
	act(operation);
	kind->count->armed = false;
	usual->seen = kind->count->seen;
	usual->reply = door.reply;
	town_rest();
	look(usual->stored, usual->shown);
	if (door.reply.replies == 0 || usual->reply.replies != 1 || usual->reply.status / 100 != 2)
		return answer_wrong("without a failure", &usual->reply) ? GOOD : WRONG;
	memcpy(shown, usual->shown, sizeof shown);
	return crash_changes_nothing() ? GOOD : WRONG;
}

static bool holds(const struct operation *operation, const struct door_reply *reply, bool crashes)
{
	bool stopped = door.serve->server.store->ops->must_stop(door.serve->server.store);

	if (!answer_holds(operation, reply, &usual->reply))
		return false;
	if (stopped) { /* whether it is stored is known after a start only */
		town_crash();
		look(stored, shown);
		if (operation->steps && !is_before())
			return true;
	}
	if (operation->steps && !answer_is_usual(reply, &usual->reply))
		return is_whole() || again_works(operation);
	if (operation->steps && !is_whole()) /* what is done is told */
		return !is_before() && crash_changes_nothing();
	if (!state_holds())
		return false;
	bool noted = operation->answer == ANSWER_HOOK && (operation->notes || answer_refuses(operation, reply));
	if (answer_is_usual(reply, &usual->reply) && !is_whole() && !noted)
		return wrong("answered as usual, without its effect", usual->stored, stored);
	if (!answer_is_usual(reply, &usual->reply) && operation->answer != ANSWER_HOOK && !is_before() && !stopped)
		return wrong("answered `not now`, with effect", usual->before_stored, stored);
	if (crashes && !crash_changes_nothing())
		return false;
	return is_whole() || again_works(operation);
}

/* The engine's tables are mappings, in which nobody looks for pointers: they are let go first. */
static bool leaks(void)
{
#ifdef FAULT_SANITIZED
	fault_hold();
	town_shut();
	return __lsan_do_recoverable_leak_check() != 0;
#else
	return false;
#endif
}

static enum outcome run_fault(const struct operation *operation, const struct fault_kind *kind, uint32_t n, bool for_good)
{
	static struct door_reply reply;

	prepare(operation);
	*kind->count = (struct fault_count){.armed = true, .for_good = for_good, .left = n};
	act(operation);
	kind->count->armed = false;
	if (!kind->count->failed)
		return NOTHING_LEFT;
	reply = door.reply;
	town_rest();
	look(stored, shown);
	bool good = holds(operation, &reply, n % CRASHES_EVERY == 0);
	if (good && n % LEAKS_EVERY == 0 && leaks())
		good = false;
	if (!good && kind->where)
		kind->where();
	return good ? GOOD : WRONG;
}

/* --- forks --- */

static FILE *said; /* what a fork told */

/* n UINT32_MAX: without a failure. */
static enum outcome forked(const struct operation *operation, const struct fault_kind *kind, uint32_t n, bool for_good)
{
	int status = 0;

	rewind(said);
	if (ftruncate(fileno(said), 0) != 0)
		return WRONG;
	fflush(NULL);
	pid_t child = fork();
	ASSERT(child >= 0);
	if (child == 0) {
		dup2(fileno(said), STDERR_FILENO);
		_exit((int)(n == UINT32_MAX ? run_usual(operation, kind) : run_fault(operation, kind, n, for_good)));
	}
	ASSERT(waitpid(child, &status, 0) == child);
	if (WIFEXITED(status))
		return (enum outcome)WEXITSTATUS(status);
	dprintf(fileno(said), "ended by signal %d\n", WTERMSIG(status));
	return WRONG;
}

static void tell(void)
{
	char line[1024];

	rewind(said);
	while (fgets(line, sizeof line, said))
		printf("# %s%s", line, strchr(line, '\n') ? "" : "\n");
}

static bool logs_tell_number(void)
{
	static char text[65536];

	rewind(said);
	size_t len = fread(text, 1, sizeof text, said);
	return town_tells_number(text, len);
}

/* Every n, once and for good. How many findings. */
static int try_all(const struct operation *operation, const struct fault_kind *kind, uint32_t first, uint32_t stride, int *ret_ends)
{
	int found = 0;

	for (uint32_t n = first; n < usual->seen; n += stride)
		for (int for_good = 0; for_good < 2; for_good++) {
			enum outcome outcome = forked(operation, kind, n, for_good);
			*ret_ends += outcome == ENDS;
			bool told = outcome != WRONG && logs_tell_number();
			if (outcome != WRONG && !told)
				continue;
			if (found++ < FOUND_MAX) {
				printf("# %s: %s %u%s fails%s\n", operation->name, kind->name, n, for_good ? " and all that follow" : "",
					told ? ": a real number is in the log" : "");
				tell();
			}
		}
	return found;
}

/* Does an operation of the API go without a test? Its id is the first word of a name. */
static bool is_tried(const char *id)
{
	size_t len = strlen(id);

	for (int i = 0; i < operations_n; i++)
		if (strncmp(operations[i].name, id, len) == 0 && (!operations[i].name[len] || operations[i].name[len] == ' '))
			return true;
	return false;
}

static int untried(void)
{
	struct str text = openapi_document();
	json_t *document = json_loadb(text.at, text.len, 0, NULL), *path, *operation;
	const char *name, *method;
	int n = 0, known = 0;

	json_object_foreach(json_object_get(document, "paths"), name, path)
		json_object_foreach(path, method, operation) {
			const char *id = json_string_value(json_object_get(operation, "operationId"));
			known += id != NULL;
			if (id && !is_tried(id)) {
				printf("# %s is not tried\n", id);
				n++;
			}
		}
	json_decref(document);
	ASSERT(known > 40);
	return n;
}

static bool chosen(const char *want, const char *name)
{
	return !want || strncmp(want, name, strlen(want)) == 0;
}

int main(int n, char **arguments)
{
	static const struct fault_kind *const kinds[] = {&fault_memory, &fault_disk, &fault_store};
	const char *want = n > 1 ? arguments[1] : NULL, *want_kind = n > 2 ? arguments[2] : NULL;
	const char *stride_text = getenv("FAULT_STRIDE");
	uint32_t stride = stride_text ? (uint32_t)atoi(stride_text) : 1;
	char folder[] = "/tmp/bauta-fault-XXXXXX";
	int tests = 0, failures = 0;

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* a fork copies what it touches: pages, not 2 MiB of them */
	ASSERT(mkdtemp(folder) && chdir(folder) == 0);
	signal(SIGUSR1, SIG_IGN); /* the store failed for good */
	usual = mmap(NULL, sizeof *usual, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	said = tmpfile();
	ASSERT(usual != MAP_FAILED && said);
	town_open();
	api_operations();
	hook_operations();
	feed_operations();
	for (int i = 0; i < operations_n; i++)
		for (int k = 0; k < 3 && chosen(want, operations[i].name); k++) {
			if (!chosen(want_kind, kinds[k]->name))
				continue;
			int found = 1, ends = 0;
			if (forked(&operations[i], kinds[k], UINT32_MAX, false) != GOOD)
				tell();
			else
				found = try_all(&operations[i], kinds[k], n > 3 ? (uint32_t)atoi(arguments[3]) : (uint32_t)tests % stride,
					n > 3 ? UINT32_MAX / 2 : stride, &ends);
			printf("%sok %d - %s: each %s of %u", found ? "not " : "", ++tests, operations[i].name, kinds[k]->name, usual->seen);
			if (ends)
				printf(" (%d times libphonenumber ends the process)", ends);
			printf("\n");
			failures += found > 0;
		}
	int left_out = untried();
	printf("%sok %d - every operation of api/openapi.json is tried\n", left_out ? "not " : "", ++tests);
	failures += left_out;
	printf("1..%d\n", tests);
	fflush(stdout);
	_exit(failures > 0); /* the town stays as it is: leaks were looked for in the forks */
}
