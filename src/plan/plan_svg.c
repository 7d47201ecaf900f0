/* The plot: share of orders that found nothing free, over the pool's size; logarithmic, for it falls fast. */
#include "plan/plan.h"

#include <math.h>

#define WIDTH 720
#define HEIGHT 400
#define LEFT 76
#define RIGHT 24
#define TOP 56
#define BOTTOM 52
#define DECADES 4 /* 100 % .. 0.01 % */

static double x_of(const struct plan *plan, double vns)
{
	double low = plan->points[0].vns, high = plan->points[plan->points_n - 1].vns;
	double at = high > low ? (vns - low) / (high - low) : 0.5;

	return LEFT + fmin(fmax(at, 0), 1) * (WIDTH - LEFT - RIGHT);
}

/* Nothing refused lies on the lowest line. */
static double y_of(double share)
{
	double decade = share > 0 ? fmin(-log10(share), DECADES) : DECADES;

	return TOP + decade / DECADES * (HEIGHT - TOP - BOTTOM);
}

static void text(struct buf *out, double x, double y, const char *anchor, const char *words)
{
	buf_fmt(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words);
}

static void line(struct buf *out, double x1, double y1, double x2, double y2, const char *style)
{
	buf_fmt(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style);
}

static void axes(struct buf *out, const struct plan *plan)
{
	static const char *const shares[DECADES + 1] = {"100 %", "10 %", "1 %", "0.1 %", "0.01 %"};
	char words[32];

	for (int i = 0; i <= DECADES; i++) {
		double y = y_of(pow(10, -i));
		line(out, LEFT, y, WIDTH - RIGHT, y, "stroke=\"#ddd\"");
		text(out, LEFT - 8, y + 4, "end", shares[i]);
	}
	for (int i = 0; i <= 4; i++) {
		double low = plan->points[0].vns, high = plan->points[plan->points_n - 1].vns;
		double vns = round(low + (high - low) * i / 4);
		snprintf(words, sizeof words, "%.0f", vns);
		text(out, x_of(plan, vns), HEIGHT - BOTTOM + 20, "middle", words);
	}
	text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", "virtual numbers in the pool");
}

static void mark(struct buf *out, double x, const char *colour, const char *words, double y)
{
	buf_fmt(out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-dasharray=\"4 3\"/>\n", x, TOP, x,
		HEIGHT - BOTTOM, colour);
	bool right = x < WIDTH / 2.0;
	text(out, x + (right ? 6 : -6), y, right ? "start" : "end", words);
}

void plan_svg(struct buf *out, const struct plan_options *options, const struct plan *plan)
{
	char words[96];

	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		     "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
	buf_fmt(out, "<text x=\"%d\" y=\"22\" font-size=\"15\">Orders that find no virtual number</text>\n", LEFT);
	buf_fmt(out, "<text x=\"%d\" y=\"40\" fill=\"#555\">%u orders an hour, %u s each, busiest courier %u at a time, %s pool</text>\n",
		LEFT, options->orders_per_hour, options->session_s, options->busiest, pool_mode_words[options->policy.mode]);
	axes(out, plan);
	line(out, LEFT, y_of(options->stockout), WIDTH - RIGHT, y_of(options->stockout), "stroke=\"#c33\" stroke-dasharray=\"2 3\"");
	buf_lit(out, "<polyline fill=\"none\" stroke=\"#2563eb\" stroke-width=\"2\" points=\"");
	for (int i = 0; i < plan->points_n; i++)
		buf_fmt(out, "%.1f,%.1f ", x_of(plan, plan->points[i].vns), y_of(plan->points[i].share));
	buf_lit(out, "\"/>\n");
	for (int i = 0; i < plan->points_n; i++)
		buf_fmt(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#2563eb\"/>\n", x_of(plan, plan->points[i].vns),
			y_of(plan->points[i].share));
	snprintf(words, sizeof words, "enough: %u", plan->vns);
	mark(out, x_of(plan, plan->vns), "#15803d", words, TOP + 14);
	snprintf(words, sizeof words, "rule of thumb: %.0f", ceil(plan->formula));
	mark(out, x_of(plan, plan->formula), "#a16207", words, TOP + 30);
	buf_lit(out, "</svg>\n");
}
