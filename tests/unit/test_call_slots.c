/* src/preload/notes/call.c: what is kept of the calls in an iteration. */
#include "preload/notes/call.h"
#include "preload/notes/closes.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "notes_fixture.h"

#define LONG_CALL 1000000 /* ticks: long enough for its arguments to be kept */

static struct sw_thread *self;

#define reads  noted(SW_CALL_read)
#define sleeps noted(SW_CALL_nanosleep)
#define names  noted(SW_CALL_getaddrinfo)

static void setup(void)
{
    self = begin_iteration();
}

/* A call with these arguments that has ended. */
static void account(uint32_t id, uint64_t a, uint64_t b, uint64_t ticks, bool pointers)
{
    self->note.id = id;
    self->note.kind = sw_call_info(id)->detail;
    self->note.argument[0] = a;
    self->note.argument[1] = b;
    self->note.entered++;
    sw_call_account(self, id, ticks, pointers);
}

/* The same by way of a wrapper's end. */
static void call_that_took(uint32_t id, uint64_t fd, uint64_t ticks)
{
    sw_call_say(self, id, fd, 0, 0);
    self->note.entered = sw_clock_ticks() - ticks;
    sw_call_over(0, self, sw_call_open(self), false);
}

START_TEST(totals_and_the_longest)
{
    account(SW_CALL_read, 7, 0, 200000, true);
    account(SW_CALL_read, 8, 0, 500000, true);
    account(SW_CALL_read, 9, 0, 500000, true);
    account(SW_CALL_read, 10, 0, 100, true);
    ck_assert_uint_eq(reads->count, 4);
    ck_assert_uint_eq(reads->total, 1200100);
    ck_assert_uint_eq(reads->longest, 500000);
    ck_assert_uint_eq(reads->argument[0], 8); /* the first of the longest */
    ck_assert_uint_eq(reads->longest_entered, 2);
    ck_assert_uint_eq(calls_noted(SW_CALL_write), 0);
}
END_TEST

START_TEST(each_iteration_begins_anew)
{
    account(SW_CALL_read, 7, 0, LONG_CALL, true);
    self->stamp++;
    ck_assert_uint_eq(calls_noted(SW_CALL_read), 0);
    account(SW_CALL_read, 8, 0, 10, true);
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq(reads->total, 10);
    ck_assert_uint_eq(reads->longest, 10);
    ck_assert_uint_eq(reads->argument[0], 8);
}
END_TEST

/* On a descriptor the first of its kind in an iteration goes a way of its own: nothing of the last
 * iteration's is left in its slot, and what comes behind it adds up. */
START_TEST(the_first_call_is_noted_whole)
{
    account(SW_CALL_read, 7, 0, LONG_CALL, true);
    account(SW_CALL_read, 8, 0, 5 * (uint64_t)LONG_CALL, true);
    self->stamp++;
    call_that_took(SW_CALL_read, 9, 300);
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq((uint32_t)reads->key, 9);
    ck_assert_uint_eq(reads->argument[0], 9);
    ck_assert_uint_eq(reads->cells_used, 1);
    ck_assert_uint_eq((uint32_t)reads->cells[0].key, 9);
    ck_assert_uint_ge(reads->longest, 300);
    ck_assert_uint_eq(reads->longest, reads->total);
    ck_assert_uint_eq(reads->total, reads->cells[0].total);
    uint64_t first = reads->total;
    call_that_took(SW_CALL_read, 9, LONG_CALL);
    ck_assert_uint_eq(reads->count, 2);
    ck_assert_uint_eq(reads->cells[0].count, 2);
    ck_assert_uint_ge(reads->total, first + LONG_CALL);
    static struct sw_ended ended;
    sw_call_leave(self, &ended);
    ck_assert_uint_eq(ended.call_count, 1);
    ck_assert_uint_eq(ended.calls[0].total, reads->total);
}
END_TEST

START_TEST(strings_are_kept)
{
    account(SW_CALL_getaddrinfo, (uintptr_t) "db.internal", (uintptr_t) "5432", LONG_CALL, true);
    ck_assert_str_eq(names->text, "db.internal");
    ck_assert_str_eq(names->text + sizeof "db.internal", "5432");
    account(SW_CALL_getaddrinfo, 0, (uintptr_t) "80", 2 * LONG_CALL, true);
    ck_assert_str_eq(names->text, "");
    ck_assert_str_eq(names->text + 1, "80");
    account(SW_CALL_getaddrinfo, (uintptr_t) "h", 0, 3 * LONG_CALL, true);
    ck_assert_str_eq(names->text, "h");
    ck_assert_str_eq(names->text + 2, "");
}
END_TEST

START_TEST(long_strings_are_cut)
{
    char name[1000];
    const struct sw_call_slot *behind = &self->calls.slot[1];
    static struct sw_call_slot untouched;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    account(SW_CALL_getaddrinfo, (uintptr_t)name, (uintptr_t)name, LONG_CALL, true);
    size_t length = strlen(names->text);
    ck_assert_uint_eq(length, SW_CALL_TEXT / 2 - 1);
    ck_assert_uint_eq(strlen(names->text + length + 1), SW_CALL_TEXT / 2 - 1);
    ck_assert_mem_eq(behind, &untouched, sizeof untouched);
}
END_TEST

/* A string that ends with its page: not a byte behind its NUL may be read. */
START_TEST(strings_are_not_read_past_their_end)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    strcpy(pages + 4092, "abc");
    account(SW_CALL_getaddrinfo, (uintptr_t)(pages + 4092), 0, LONG_CALL, true);
    ck_assert_str_eq(names->text, "abc");
}
END_TEST

START_TEST(bad_pointers_are_left_alone)
{
    account(SW_CALL_getaddrinfo, 1, 2, LONG_CALL, false);
    ck_assert_str_eq(names->text, "");
    ck_assert_str_eq(names->text + 1, "");
    account(SW_CALL_nanosleep, 1, 0, LONG_CALL, false);
    ck_assert(sleeps->argument[0] == UINT64_MAX);
    account(SW_CALL_nanosleep, 0, 0, 2 * LONG_CALL, true);
    ck_assert(sleeps->argument[0] == UINT64_MAX);
}
END_TEST

START_TEST(timespecs_are_read)
{
    struct timespec asked = {2, 500000000};
    account(SW_CALL_nanosleep, (uintptr_t)&asked, 0, LONG_CALL, true);
    asked.tv_sec = 77; /* its frame is gone when the watchdog looks */
    ck_assert_uint_eq(sleeps->argument[0], UINT64_C(2500000000));
}
END_TEST

/* Strings of calls too short to be named are not copied, but for the first. */
START_TEST(short_calls_cost_no_copies)
{
    account(SW_CALL_getaddrinfo, (uintptr_t) "first", 0, 10, true);
    account(SW_CALL_getaddrinfo, (uintptr_t) "second", 0, 20, true);
    ck_assert_str_eq(names->text, "first");
    ck_assert_uint_eq(names->longest, 20);
    account(SW_CALL_getaddrinfo, (uintptr_t) "third", 0, LONG_CALL, true);
    ck_assert_str_eq(names->text, "third");
}
END_TEST

/* Of many descriptors, the one that took most in all its calls stays, though no single call of it
 * was the longest. */
START_TEST(what_took_most_is_kept)
{
    account(SW_CALL_read, 100, 0, 5000, true);
    for (int i = 0; i < 50; i++) {
        account(SW_CALL_read, 7, 0, 1000, true);
        account(SW_CALL_read, (uint64_t)(200 + i), 0, 10, true);
    }
    const struct sw_call_cell *most = &reads->cells[0];
    for (int i = 1; i < SW_CALL_CELLS; i++)
        if (reads->cells[i].total > most->total)
            most = &reads->cells[i];
    ck_assert_uint_eq((uint32_t)most->key, 7);
    ck_assert_uint_eq(most->count, 50);
    ck_assert_uint_eq(most->total, 50000);
    ck_assert_uint_eq((uint32_t)reads->key, 100);
    ck_assert_uint_eq(reads->total, 55500);
}
END_TEST

/* A number that was closed in between is another file. */
/* The way that a server's calls for its clients go: on one descriptor after the other, each at
 * times the longest so far. Nothing is lost, what took most is kept, and only what is long is
 * described. */
START_TEST(many_descriptors_add_up)
{
    uint64_t before = 0;
    for (uint64_t fd = 10; fd < 26; fd++) {
        call_that_took(SW_CALL_read, fd, fd * 100);
        call_that_took(SW_CALL_read, 7, 20000);
        ck_assert_uint_ge(reads->total, before + fd * 100 + 20000);
        before = reads->total;
    }
    const struct sw_call_cell *most = &reads->cells[0];
    for (int i = 1; i < SW_CALL_CELLS; i++)
        if (reads->cells[i].total > most->total)
            most = &reads->cells[i];
    ck_assert_uint_eq(reads->count, 32);
    ck_assert_uint_eq(reads->cells_used, SW_CALL_CELLS);
    ck_assert_uint_eq((uint32_t)most->key, 7);
    ck_assert_uint_eq(most->count, 16);
    ck_assert_uint_ge(reads->longest, 20000);
    if (reads->longest < LONG_CALL / 10) /* no time slice ended in one of them */
        ck_assert_uint_eq((uint32_t)reads->key, 10);
    call_that_took(SW_CALL_read, 30, 50 * (uint64_t)LONG_CALL);
    ck_assert_uint_eq((uint32_t)reads->key, 30);
    ck_assert_uint_eq(reads->argument[0], 30);
    ck_assert_uint_ge(reads->longest, 50 * (uint64_t)LONG_CALL);
    ck_assert_uint_eq(reads->longest_entered, self->note.entered);
}
END_TEST

START_TEST(a_descriptor_reused_is_another)
{
    account(SW_CALL_read, 7, 0, 1000, true);
    SW_CLOSES_COUNT(7)++;
    account(SW_CALL_read, 7, 0, 100, true);
    ck_assert_uint_eq(reads->cells[0].total, 1000);
    ck_assert_uint_eq(reads->cells[1].total, 100);
    ck_assert(reads->cells[0].key != reads->cells[1].key);
}
END_TEST

/* More kinds of call than slots: those that took most stay, and the sums lose nothing. */
START_TEST(the_least_makes_room)
{
    uint64_t wanted = 0, kept = 0;
    for (uint32_t id = SW_CALL_sleep; id < SW_CALL_sleep + 2 * SW_CALL_SLOTS; id++) {
        account(id, 0, 0, id == SW_CALL_nanosleep ? LONG_CALL : 10 + id, false);
        wanted += id == SW_CALL_nanosleep ? LONG_CALL : 10 + id;
    }
    ck_assert_uint_eq(sleeps->longest, LONG_CALL);
    for (int i = 0; i < SW_CALL_SLOTS; i++)
        kept += self->calls.slot[i].total;
    for (int class = 0; class < SW_CLASS_COUNT; class ++)
        kept += self->calls.other[class];
    ck_assert_uint_eq(kept, wanted);
    ck_assert_uint_eq(calls_noted(SW_CALL_sleep), 0);
    self->stamp++;
    account(SW_CALL_read, 1, 0, 10, true);
    static struct sw_ended ended;
    sw_call_leave(self, &ended);
    ck_assert_uint_eq(ended.call_count, 1);
    ck_assert_uint_eq(ended.other[SW_CLASS_BLOCKING], 0);
}
END_TEST

START_TEST(addresses_are_kept)
{
    unsigned char address[16] = {2, 0, 0x15, 0x38, 127, 0, 0, 1};
    self->note.argument[2] = sizeof address;
    account(SW_CALL_connect, 5, (uintptr_t)address, LONG_CALL, false);
    ck_assert_int_eq(noted(SW_CALL_connect)->text[0], 0);
    account(SW_CALL_connect, 5, (uintptr_t)address, LONG_CALL, true);
    self->stamp++;
    account(SW_CALL_connect, 5, (uintptr_t)address, LONG_CALL, true);
    ck_assert_int_eq(noted(SW_CALL_connect)->text[0], sizeof address);
    ck_assert_mem_eq(noted(SW_CALL_connect)->text + 1, address, sizeof address);
}
END_TEST

START_TEST(every_call_has_a_row)
{
    for (uint32_t id = 0; id < SW_CALL_COUNT; id++)
        ck_assert(sw_call_info(id)->name[0] != '\0' &&
                  memchr(sw_call_info(id)->name, 0, 32) != NULL);
    ck_assert_str_eq(sw_call_info(SW_CALL_fsync)->name, "fsync");
    ck_assert_ptr_eq(sw_call_info((enum sw_call_id)9999), sw_call_info(0));
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, totals_and_the_longest);
    tcase_add_test(all, each_iteration_begins_anew);
    tcase_add_test(all, the_first_call_is_noted_whole);
    tcase_add_test(all, strings_are_kept);
    tcase_add_test(all, long_strings_are_cut);
    tcase_add_test(all, strings_are_not_read_past_their_end);
    tcase_add_test(all, bad_pointers_are_left_alone);
    tcase_add_test(all, timespecs_are_read);
    tcase_add_test(all, short_calls_cost_no_copies);
    tcase_add_test(all, what_took_most_is_kept);
    tcase_add_test(all, many_descriptors_add_up);
    tcase_add_test(all, a_descriptor_reused_is_another);
    tcase_add_test(all, the_least_makes_room);
    tcase_add_test(all, addresses_are_kept);
    tcase_add_test(all, every_call_has_a_row);
    return run_suite(all, "call_slots");
}
