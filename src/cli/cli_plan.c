/* `bauta plan`: how many virtual numbers a pool needs. No server is asked. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli_table.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "plan/plan.h"
#include "wire/json_out.h"

#define SVG_MAX (256u << 10)
#define BAR_COLUMNS 40
#define SEED 20261122

static const struct argument_option option_rows[] = {
	{.name = "orders-per-hour", .value = "N", .help = "orders that are placed, on average in the busiest hour"},
	{.name = "minutes", .value = "M", .help = "how long an order lives, on average"},
	{.name = "cooldown", .value = "DUR", .help = "the pool's cool-down; 4h"},
	{.name = "grace", .value = "DUR", .help = "its grace after an order; 10m"},
	{.name = "rest", .value = "DUR", .help = "its rest of a VN (exclusive); 5m"},
	{.name = "mode", .value = "MODE", .help = "shared or exclusive; shared", .words = pool_mode_words},
	{.name = "numbers", .value = "WORD", .help = "each or one: VNs of an order; each", .words = pool_numbers_words},
	{.name = "per-vn-max", .value = "N", .help = "sessions on one VN (shared); 100"},
	{.name = "busiest", .value = "N", .help = "orders at a time of the busiest courier; 3"},
	{.name = "stockout", .value = "SHARE", .help = "orders that may find nothing free, in percent; 0.1"},
	{.name = "svg", .value = "FILE", .file = true, .help = "write a plot there"},
	{.name = "json", .help = "for programs"},
	{0},
};

/* --- what was said --- */

static bool take_count(const struct arguments *arguments, const char *name, uint32_t *value)
{
	const char *text = arguments_value(arguments, name);
	uint64_t number;

	if (!text)
		return true;
	if (!str_u64(str_of(text), &number) || number > UINT32_MAX)
		return command_failed("--%s: a whole number is expected", name), false;
	*value = (uint32_t)number;
	return true;
}

static bool take_duration(const struct arguments *arguments, const char *name, uint32_t *value)
{
	const char *text = arguments_value(arguments, name);

	if (text && duration_parse(str_of(text), value) != ERR_OK)
		return command_failed("--%s: a time such as 90s, 10m, 4h or 1d is expected", name), false;
	return true;
}

static bool take_word(const struct arguments *arguments, const char *name, const char *const *words, int *value)
{
	const char *text = arguments_value(arguments, name);

	for (int i = 0; text && words[i]; i++)
		if (strcmp(text, words[i]) == 0) {
			*value = i;
			return true;
		}
	if (text)
		command_failed("--%s: %s or %s is expected", name, words[0], words[1]);
	return !text;
}

static bool take_share(const struct arguments *arguments, double *value)
{
	const char *text = arguments_value(arguments, "stockout");
	char *end;

	if (!text)
		return true;
	double percent = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "%") != 0) || !isfinite(percent))
		return command_failed("--stockout: a share in percent is expected, such as 0.1"), false;
	*value = percent / 100;
	return true;
}

static bool take_all(const struct arguments *arguments, struct plan_options *plan)
{
	struct pool_policy *policy = &plan->policy;
	uint32_t minutes = 0;
	int mode = 0, numbers = 0;

	*plan = (struct plan_options){.busiest = 3, .stockout = 0.001, .seed = SEED, .policy = pool_policy_default('I' << 8 | 'D')};
	bool good = take_count(arguments, "orders-per-hour", &plan->orders_per_hour) && take_count(arguments, "minutes", &minutes) &&
		    take_duration(arguments, "cooldown", &policy->cooldown_s) &&
		    take_duration(arguments, "grace", &policy->grace_s) && take_duration(arguments, "rest", &policy->rest_s) &&
		    take_word(arguments, "mode", pool_mode_words, &mode) &&
		    take_word(arguments, "numbers", pool_numbers_words, &numbers) &&
		    take_count(arguments, "per-vn-max", &policy->per_vn_max) &&
		    take_count(arguments, "busiest", &plan->busiest) && take_share(arguments, &plan->stockout);
	plan->session_s = minutes <= UINT32_MAX / 60 ? minutes * 60 : UINT32_MAX;
	policy->mode = (enum pool_mode)mode;
	policy->numbers = (enum pool_numbers)numbers;
	policy->ttl_s = 12 * 86400; /* orders end by themselves, not by time */
	return good;
}

/* --- what came out --- */

static void show_progress(void *context, double done)
{
	static int shown = -1;
	int columns = (int)(done * BAR_COLUMNS);

	(void)context;
	if (columns == shown)
		return;
	shown = columns;
	fprintf(stderr, "\rsimulating [%.*s%*s]", columns, "########################################", BAR_COLUMNS - columns, "");
	if (done >= 1)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static void percent(double share, char text[16])
{
	snprintf(text, 16, share > 0 && share < 0.0001 ? "< 0.01 %%" : "%.2f %%", share * 100);
}

static void show_people(const struct plan_options *options, const struct plan *plan)
{
	static const struct cli_column columns[] = {
		{"vns", true}, {"orders refused", true}, {"busiest courier's", true}, {"", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	char text[16], length[DURATION_TEXT_SIZE];

	for (int i = 0; i < plan->points_n; i++) {
		const struct plan_point *point = &plan->points[i];
		cli_table_int(table, point->vns);
		percent(point->orders ? (double)point->refused / (double)point->orders : 0, text);
		cli_table_text(table, text);
		percent(point->busiest_orders ? (double)point->busiest_refused / (double)point->busiest_orders : 0, text);
		cli_table_text(table, text);
		cli_table_text(table, point->vns == plan->vns ? "<- enough" : " ");
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
	percent(options->stockout, text);
	printf("\nThis pool needs %u virtual numbers (at most %s of orders find none). The rule of thumb says %.0f.\n", plan->vns, text,
		ceil(plan->formula));
	printf("Simulated for each size: %s with the real engine, %.0f orders open at a time, %u couriers.\n",
		duration_text((uint64_t)plan->simulated_s, length), plan->live, plan->couriers);
}

static void show_json(const struct plan *plan)
{
	struct buf out;

	buf_init(&out, 1u << 16);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	json_out_u64(&json, "vns", plan->vns);
	json_out_u64(&json, "formula", (uint64_t)ceil(plan->formula));
	json_out_u64(&json, "open_orders", (uint64_t)llround(plan->live));
	json_out_u64(&json, "couriers", plan->couriers);
	json_out_u64(&json, "simulated_s", (uint64_t)plan->simulated_s);
	json_out_array(&json, "sizes");
	for (int i = 0; i < plan->points_n; i++) {
		const struct plan_point *point = &plan->points[i];
		json_out_object(&json, NULL);
		json_out_u64(&json, "vns", point->vns);
		json_out_u64(&json, "orders", point->orders);
		json_out_u64(&json, "refused", point->refused);
		json_out_u64(&json, "busiest_orders", point->busiest_orders);
		json_out_u64(&json, "busiest_refused", point->busiest_refused);
		json_out_end(&json);
	}
	json_out_end(&json);
	json_out_end(&json);
	ASSERT(buf_ok(&out)); /* PLAN_POINTS_MAX lines of figures */
	printf("%.*s\n", (int)out.len, out.at);
	buf_done(&out);
}

static int write_svg(const char *path, const struct plan_options *options, const struct plan *plan)
{
	struct buf out;

	buf_init(&out, SVG_MAX);
	plan_svg(&out, options, plan);
	FILE *file = buf_ok(&out) ? fopen(path, "we") : NULL;
	bool good = file && fwrite(out.at, 1, out.len, file) == out.len;
	if (file && fclose(file) != 0)
		good = false;
	buf_done(&out);
	return good ? COMMAND_DONE : command_failed("%s can't be written: %s", path, strerror(errno));
}

static int run(const struct arguments *arguments)
{
	const char *svg = arguments_value(arguments, "svg"), *field;
	struct plan_options options;
	struct plan plan;

	if (!arguments_has(arguments, "orders-per-hour") || !arguments_has(arguments, "minutes"))
		return command_misused(NULL, &command_plan, "--orders-per-hour and --minutes are needed");
	if (!take_all(arguments, &options))
		return COMMAND_MISUSED;
	options.progress = isatty(STDERR_FILENO) ? show_progress : NULL;
	enum err err = plan_make(&options, &plan, &field);
	if (err == ERR_BAD_REQUEST)
		return command_misused(NULL, &command_plan, "%s is out of range, or doesn't go with the others", field);
	if (err)
		return command_failed("that is more than can be simulated: fewer orders an hour, or shorter times; "
				      "or no pool of up to 65536 numbers is enough");
	if (arguments_has(arguments, "json"))
		show_json(&plan);
	else
		show_people(&options, &plan);
	return svg ? write_svg(svg, &options, &plan) : COMMAND_DONE;
}

const struct command_line command_plan = {
	.name = "plan",
	.summary = "how many virtual numbers a pool needs, by simulation",
	.help = "Runs the real engine in simulated time, with pools of several sizes, and finds the\n"
		"smallest that is enough: orders come at random, customers are new, one courier is\n"
		"always as busy as --busiest says, the others half as much. An exclusive pool runs\n"
		"out of free numbers, a shared one of pairs for its busiest people; so there it is\n"
		"the busiest courier and the cool-down that count, not how large the city is.",
	.options = option_rows,
	.run = run,
};
