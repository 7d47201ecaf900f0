/* redact: phone numbers inside a text are blanked, so that two people who are masked from each other don't hand each
 * other their numbers by chance. It is no wall: "nine, nine, eight ..." gets through.
 *
 * What is taken for a number: at least REDACT_DIGITS_MIN decimal digits of any script, with up to six separators
 * between two of them: blanks (no-break ones too), '-' and its kin, '.', '/', brackets, '_', '*', '~', '\'', '+'.
 * Any other punctuation and line feeds are such too, between groups of two digits or more.
 * Characters that nobody sees don't count. All of it, from its first digit (a '+' and a '(' before it too) to its last,
 * becomes one REDACT_MARK.
 *
 * Left alone: a time of day ("10:30"), a date ("2026-11-28", "28.11.2026", "28/11/26") that stands for itself, and
 * whatever has fewer digits: an order id of six, a price. A longer order id goes, letters before it or not.
 *
 * Pure. Cost O(len). Threads: any. */
#ifndef CORE_REDACT_H
#define CORE_REDACT_H

#include "base/str.h"

#define REDACT_DIGITS_MIN 7
#define REDACT_MARK "***"

/* Writes the text with its numbers blanked into `out`, which has room for text.len bytes: it never grows. Returns its
 * length; *ret_n: how many were blanked. */
size_t redact(struct str text, char *out, int *ret_n);

#endif
