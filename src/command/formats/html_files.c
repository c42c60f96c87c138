/* The page's files are in the program: see html.h. The Makefile knows that this object needs them.
 */
#include "command/formats/html.h"

#define FILE_BEGIN(name) ".globl " name "\n.hidden " name "\n" name ":\n"
#define FILE_PART(path)  ".incbin \"src/command/formats/html/" path "\"\n"
#define FILE_END         ".byte 0\n"

__asm__(".pushsection .rodata\n" FILE_BEGIN("sw_html_page") FILE_PART("page.html")
            FILE_END FILE_BEGIN("sw_html_style") FILE_PART("style.css")
                FILE_END FILE_BEGIN("sw_html_script") FILE_PART("model.js") FILE_PART("timeline.js")
                    FILE_PART("flame.js") FILE_PART("details.js") FILE_PART("table.js")
                        FILE_PART("main.js") FILE_END ".popsection\n");
