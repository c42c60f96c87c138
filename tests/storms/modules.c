/*
 * Libraries that come and go under the watchdog's eyes: code that is being sampled is unmapped a
 * moment later, and another library takes its addresses. What is unwound then is memory that may be
 * gone.
 */
#include <dlfcn.h>

#include "storm.h"

#define ROUNDS 150

/* Small ones that every Debian has, of which this program needs none. */
static const struct module {
    const char *name, *function;
} modules[] = {
    {"libcrypt.so.1", "crypt"}, {"libz.so.1", "adler32"}, {"libBrokenLocale.so.1", NULL}};

typedef char *crypt_function(const char *key, const char *salt);
typedef unsigned long adler_function(unsigned long sum, const void *bytes, unsigned count);

static void use(const struct module *module, void *handle)
{
    static char bytes[1 << 20];
    void *function = module->function != NULL ? dlsym(handle, module->function) : NULL;
    if (function == NULL)
        return;
    if (strcmp(module->function, "crypt") == 0)
        ((crypt_function *)function)("key", "$6$rounds=1200$salt$");
    else
        for (int i = 0; i < 4; i++)
            ((adler_function *)function)(1, bytes, sizeof bytes);
}

int main(void)
{
    struct loop loop = storm_begin();
    int opened = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct module *module = &modules[round % 3];
        loop_turn(&loop, 1);
        void *handle = dlopen(module->name, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL)
            continue;
        use(module, handle);
        dlclose(handle);
        spin_us(200);
        opened += dlopen(module->name, RTLD_NOW | RTLD_NOLOAD) == NULL;
    }
    loop_end(&loop);
    printf("%d modules came and went\n", opened);
    return 0;
}
