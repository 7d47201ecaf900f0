#include "doctor/finding.h"

#include <stdarg.h>
#include <stdio.h>

const char *const check_words[] = {"credentials", "webhooks", "clock", "tls", "question", "deadline"};
const char *const verdict_words[] = {"ok", "wrong", "skipped"};

void finding_begin(struct finding *finding, enum check check)
{
	*finding = (struct finding){.check = check};
}

static void __attribute__((format(printf, 3, 0)))
found(struct finding *finding, enum verdict verdict, const char *format, va_list list)
{
	finding->verdict = verdict;
	vsnprintf(finding->found, sizeof finding->found, format, list);
}

void finding_ok(struct finding *finding, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	found(finding, VERDICT_OK, format, list);
	va_end(list);
}

void finding_wrong(struct finding *finding, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	found(finding, VERDICT_WRONG, format, list);
	va_end(list);
}

void finding_skip(struct finding *finding, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	found(finding, VERDICT_SKIPPED, format, list);
	va_end(list);
}

void finding_todo(struct finding *finding, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(finding->todo, sizeof finding->todo, format, list);
	va_end(list);
}

void finding_add(struct finding *finding, struct number number)
{
	if (finding->numbers_n < FINDING_NUMBERS_MAX)
		finding->numbers[finding->numbers_n++] = number;
	else
		finding->numbers_more++;
}
