/* Whether a libclang can do what bindgen needs: libclang FILE [ARGUMENTS OF CLANG] loads it and reads C headers. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* From clang-c/Index.h, which comes with a package that bindgen does not need. */
struct unsaved { const char *name, *text; unsigned long length; };
struct string { const void *data; unsigned flags; };
enum { ERROR = 3 };

static void *library;

static void *symbol(const char *name) {
  return dlsym(library, name);
}

int main(int argc, char **argv) {
  static const char text[] = "#include <limits.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n"
                             "#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n";
  struct unsaved file = {"probe.h", text, sizeof text - 1};
  void *unit;
  unsigned i, bad = 0;
  if (argc < 2 || !(library = dlopen(argv[1], RTLD_LAZY))) {
    printf("libclang can't be loaded: %s\n", argc < 2 ? "no name" : dlerror());
    return 1;
  }
  void *(*create)(int, int) = symbol("clang_createIndex");
  void *(*parse)(void *, const char *, const char *const *, int, struct unsaved *, unsigned, unsigned) =
      symbol("clang_parseTranslationUnit");
  unsigned (*count)(void *) = symbol("clang_getNumDiagnostics");
  void *(*diagnostic)(void *, unsigned) = symbol("clang_getDiagnostic");
  unsigned (*severity)(void *) = symbol("clang_getDiagnosticSeverity");
  struct string (*spelling)(void *) = symbol("clang_getDiagnosticSpelling");
  const char *(*c_string)(struct string) = symbol("clang_getCString");
  if (!create || !parse || !count || !diagnostic || !severity || !spelling || !c_string) {
    printf("%s is not a libclang\n", argv[1]);
    return 1;
  }
  unit = parse(create(0, 0), "probe.h", (const char *const *)argv + 2, argc - 2, &file, 1, 0);
  if (!unit) {
    printf("%s reads nothing\n", argv[1]);
    return 1;
  }
  for (i = 0; i < count(unit); i++) {
    void *what = diagnostic(unit, i);
    if (severity(what) < ERROR) continue;
    printf("%s: error: %s\n", argv[1], c_string(spelling(what)));
    bad = 1;
  }
  return (int)bad;
}
