/* finding: one line of `bauta doctor`: what was looked at, what came of it, what to do about it. */
#ifndef DOCTOR_FINDING_H
#define DOCTOR_FINDING_H

#include "core/number.h"

#define FINDING_TEXT_SIZE 512
#define FINDING_NUMBERS_MAX 10

/* In the order in which they are told. */
enum check { CHECK_CREDENTIALS, CHECK_WEBHOOKS, CHECK_CLOCK, CHECK_TLS, CHECK_QUESTION, CHECK_DEADLINE };
extern const char *const check_words[]; /* "credentials", "webhooks", "clock", "tls", "question", "deadline" */

enum verdict { VERDICT_OK, VERDICT_WRONG, VERDICT_SKIPPED };
extern const char *const verdict_words[]; /* "ok", "wrong", "skipped" */

/* Texts have no secret and no person's number. They may have words of a provider's answer: for terminal_put(). */
struct finding {
	enum check check;
	enum verdict verdict;
	char found[FINDING_TEXT_SIZE]; /* no full stop at its end */
	char todo[FINDING_TEXT_SIZE];  /* where it is wrong; else "" */
	struct number numbers[FINDING_NUMBERS_MAX]; /* virtual numbers that it is about */
	int numbers_n, numbers_more;   /* how many there are, and how many more there would be */
};

/* Begins it anew: nothing to do, no numbers. */
void finding_begin(struct finding *finding, enum check check);

/* The verdict and what was found. Texts that don't fit are cut. */
#define FINDING_FORMAT __attribute__((format(printf, 2, 3)))
void finding_ok(struct finding *finding, const char *format, ...) FINDING_FORMAT;
void finding_wrong(struct finding *finding, const char *format, ...) FINDING_FORMAT;
void finding_skip(struct finding *finding, const char *format, ...) FINDING_FORMAT;
/* What to do about it. */
void finding_todo(struct finding *finding, const char *format, ...) FINDING_FORMAT;
void finding_add(struct finding *finding, struct number number);

#endif
