/* check: assertions for what can only be our own fault. On in release builds too.
 *
 * A failed ASSERT prints file, line and expression on standard error (no values: a value may be
 * somebody's number) and aborts. Restart is safe by S7.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

_Noreturn void check_failed(const char *file, int line, const char *expr);

#define ASSERT(expr) ((expr) ? (void)0 : check_failed(__FILE__, __LINE__, #expr))

#endif
