/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-round-trip.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (64 * 1024)
#define CONNECT_MS   (30 * 1000)   /* of each address of a host */

enum
{
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_USAGE,
};

/* One direction of the connection. */
typedef struct
{
  int     from;
  int     to;
  guint64 bytes;          /* that were carried */
  int     error_number;   /* that ended it, or 0 */
} Carry;

static int
complain (int status, const char *format, ...) G_GNUC_PRINTF (2, 3);

static int
complain (int status, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr (TBX_ROUND_TRIP_PROGRAM ": %s\n", text);
  return status;
}

/* Takes "HOST:PORT" apart; a HOST with colons stands in brackets. */
static gboolean
parse_target (const char *target, char **host, char **port)
{
  const char *colon = strrchr (target, ':');
  gsize size = colon == NULL ? 0 : (gsize) (colon - target);
  guint64 number;

  if (size == 0 || strpbrk (target, " \t\n/@") != NULL
      || !g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &number, NULL))
    return FALSE;
  if (target[0] == '[' && target[size - 1] == ']' && size > 2)
    *host = g_strndup (target + 1, size - 2);
  else if (memchr (target, ':', size) == NULL && strpbrk (target, "[]") == NULL)
    *host = g_strndup (target, size);
  else
    return FALSE;
  *port = g_strdup_printf ("%u", (guint) number);
  return TRUE;
}

/* Not as long as the kernel would wait. */
static gboolean
connect_in_time (int fd, const struct addrinfo *address)
{
  struct pollfd wait = { .fd = fd, .events = POLLOUT };
  int error_number = 0;
  socklen_t size = sizeof error_number;

  if (connect (fd, address->ai_addr, address->ai_addrlen) == 0)
    return TRUE;
  if (errno != EINPROGRESS)
    return FALSE;
  if (poll (&wait, 1, CONNECT_MS) == 0)
    error_number = ETIMEDOUT;
  else if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error_number, &size) < 0)
    return FALSE;
  errno = error_number;
  return error_number == 0;
}

/* Tries the addresses of the host in turn. */
static int
connect_any (const struct addrinfo *addresses)
{
  int saved = EADDRNOTAVAIL;

  for (const struct addrinfo *each = addresses; each != NULL; each = each->ai_next)
    {
      int fd = socket (each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       each->ai_protocol);

      if (fd >= 0 && connect_in_time (fd, each))
        return fd;
      saved = errno;
      if (fd >= 0)
        close (fd);
    }
  errno = saved;
  return -1;
}

/* Waits where it must, for both ends may be pipes or sockets that do not block. */
static gssize
move_some (int fd, guint8 *buffer, gsize size, gboolean writes)
{
  for (;;)
    {
      struct pollfd wait = { .fd = fd, .events = writes ? POLLOUT : POLLIN };
      gssize n = writes ? write (fd, buffer, size) : read (fd, buffer, size);

      if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        return n;
      poll (&wait, 1, -1);
    }
}

static void
carry (Carry *self)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  gssize n;

  while ((n = move_some (self->from, buffer, BUFFER_BYTES, FALSE)) > 0)
    {
      gssize done = 0, written = 0;

      while (done < n && (written = move_some (self->to, buffer + done, (gsize) (n - done), TRUE)) > 0)
        done += written;
      self->bytes += (guint64) done;
      if (written < 0)
        break;
    }
  if (n != 0)
    self->error_number = errno;
}

/* The end of what the host sends is the end of what the port gets, and it may answer
 * still. */
static gpointer
carry_request (gpointer data)
{
  Carry *self = data;

  carry (self);
  shutdown (self->to, SHUT_WR);
  return NULL;
}

static int
exchange (int fd, const char *target)
{
  Carry request = { STDIN_FILENO, fd, 0, 0 }, answer = { fd, STDOUT_FILENO, 0, 0 };
  GThread *thread = g_thread_new ("request", carry_request, &request);

  carry (&answer);
  /* The answer is complete, even though the request may not be. */
  close (STDOUT_FILENO);
  if (answer.error_number != 0)
    return complain (EXIT_FAILED, "%s: %s", target, g_strerror (answer.error_number));
  g_thread_join (thread);
  /* A port that does not want all of the request may have answered all the same. */
  if (request.error_number != 0 && answer.bytes == 0)
    return complain (EXIT_FAILED, "%s: %s", target, g_strerror (request.error_number));
  return EXIT_DONE;
}

/**
 * tbx_round_trip_run:
 * @target: "HOST:PORT", as the host gave it
 *
 * Carries standard input to the port, and what that answers to standard output, until both
 * have ended.  To be called in a process that does nothing else.
 * Source: docs/wire/vix.md, "The program http.RoundTrip".
 *
 * Returns: the exit code: 0; 1 when it failed, and 2 when @target is none, with the
 *   reason on standard error
 */
int
tbx_round_trip_run (const char *target)
{
  const struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
  g_autofree char *stripped = g_strstrip (g_strdup (target));
  g_autofree char *host = NULL, *port = NULL;
  struct addrinfo *addresses = NULL;
  int result, fd;

  prctl (PR_SET_NAME, TBX_ROUND_TRIP_PROGRAM, 0, 0, 0);
  signal (SIGPIPE, SIG_IGN);
  if (!parse_target (stripped, &host, &port))
    return complain (EXIT_USAGE, "the argument must be HOST:PORT, such as localhost:8080 or [::1]:80");
  result = getaddrinfo (host, port, &hints, &addresses);
  if (result != 0)
    return complain (EXIT_FAILED, "%s: %s", host,
                     result == EAI_SYSTEM ? g_strerror (errno) : gai_strerror (result));
  fd = connect_any (addresses);
  freeaddrinfo (addresses);
  if (fd < 0)
    return complain (EXIT_FAILED, "cannot connect to %s: %s", stripped, g_strerror (errno));
  return exchange (fd, stripped);
}
