#include "portal/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[TEXT_COUNT][LANGUAGE_COUNT] = {
    [TEXT_PORTAL] = {"Secure messages", "Beveiligde berichten"},
    [TEXT_SKIP] = {"Skip to the content", "Naar de inhoud"},
    [TEXT_FOOTER] = {"This page is for you alone. The message does not stay in "
                     "your browser.",
                     "Deze pagina is alleen voor u. Het bericht blijft niet in "
                     "uw browser achter."},
    [TEXT_VERIFY_TITLE] = {"A secure message for you",
                           "Een beveiligd bericht voor u"},
    [TEXT_VERIFY_WHY] = {"Before you can read it, please show that you are the "
                         "one it is meant for.",
                         "Laat eerst zien dat u degene bent voor wie het "
                         "bedoeld is."},
    [TEXT_LOGIN_HOW] = {"Log in with your account.", "Log in met uw account."},
    [TEXT_SMS_HOW] = {"We send a code to your mobile phone. The sender gave us "
                      "its number.",
                      "Wij sturen een code naar uw mobiele telefoon. De "
                      "afzender gaf ons het nummer."},
    [TEXT_EMAIL_HOW] = {"We send a code to your e-mail address.",
                        "Wij sturen een code naar uw e-mailadres."},
    [TEXT_ACCESS_CODE_HOW] = {"Enter the access code that you agreed on with "
                              "the sender.",
                              "Vul de toegangscode in die u met de afzender "
                              "hebt afgesproken."},
    [TEXT_ADDRESS] = {"E-mail address", "E-mailadres"},
    [TEXT_PASSWORD] = {"Password", "Wachtwoord"},
    [TEXT_TOTP] = {"Code from your authenticator app",
                   "Code van uw authenticator-app"},
    [TEXT_TOTP_HINT] = {"Six digits; each code can be used once.",
                        "Zes cijfers; elke code geldt \xc3\xa9\xc3\xa9n keer."},
    [TEXT_LOGIN] = {"Log in", "Inloggen"},
    [TEXT_SEND_CODE] = {"Send me a code", "Stuur mij een code"},
    [TEXT_SEND_NEW_CODE] = {"Send a new code", "Stuur een nieuwe code"},
    [TEXT_CODE] = {"Code", "Code"},
    [TEXT_CODE_HINT] = {"Six digits, valid for a short time.",
                        "Zes cijfers, die kort geldig zijn."},
    [TEXT_ACCESS_CODE] = {"Access code", "Toegangscode"},
    [TEXT_VERIFY] = {"Continue", "Verder"},
    [TEXT_FORGOTTEN] = {"I don't remember my access code",
                        "Ik weet mijn toegangscode niet meer"},
    [TEXT_FORGOTTEN_HINT] = {"We ask the sender to tell you. We do not show or "
                             "send the code ourselves.",
                             "Wij vragen de afzender om u de code te geven. "
                             "Zelf tonen of sturen wij hem niet."},
    [TEXT_OR_BY_MAIL] = {"Or with a code by e-mail",
                         "Of met een code per e-mail"},
    [TEXT_NOTE_CODE_SENT_SMS] = {"The code is on its way to your phone.",
                                 "De code is onderweg naar uw telefoon."},
    [TEXT_NOTE_CODE_SENT_EMAIL] = {"The code is on its way to your mailbox. "
                                   "Look in the spam folder too.",
                                   "De code is onderweg naar uw mailbox. Kijk "
                                   "ook in de map met ongewenste mail."},
    [TEXT_NOTE_TOLD] = {"We have told the sender that you do not remember the "
                        "access code.",
                        "Wij hebben de afzender laten weten dat u de "
                        "toegangscode niet meer weet."},
    [TEXT_NOTE_SENT] = {"Your reply is on its way.",
                        "Uw antwoord is onderweg."},
    [TEXT_ERROR_TITLE] = {"Error", "Fout"},
    [TEXT_ERROR_WRONG_LOGIN] = {"The address, the password or the code is not "
                                "right. Please try again.",
                                "Het adres, het wachtwoord of de code klopt "
                                "niet. Probeer het nog eens."},
    [TEXT_ERROR_WRONG_CODE] = {"That code is not right, or it is too old. "
                               "Please check it, or have a new one sent.",
                               "Die code klopt niet of is te oud. Controleer "
                               "de code of laat een nieuwe sturen."},
    [TEXT_ERROR_WRONG_ACCESS_CODE] = {"That access code is not right. Please "
                                      "try again.",
                                      "Die toegangscode klopt niet. Probeer "
                                      "het nog eens."},
    [TEXT_ERROR_TOO_MANY] = {"Several codes were sent already. Please use the "
                             "last one, or wait a quarter of an hour.",
                             "Er zijn al meerdere codes verstuurd. Gebruik de "
                             "laatste of wacht een kwartier."},
    [TEXT_ERROR_NOT_SENT] = {"The code could not be sent. Please try again "
                             "later.",
                             "De code kon niet worden verstuurd. Probeer het "
                             "later nog eens."},
    [TEXT_ERROR_NO_PHONE] = {"You cannot be verified this way any more. Please "
                             "ask the sender to send the message again.",
                             "U kunt niet meer op deze manier laten zien wie u "
                             "bent. Vraag de afzender het bericht opnieuw te "
                             "sturen."},
    [TEXT_ERROR_EMPTY] = {"Please write something or attach a file.",
                          "Schrijf iets of voeg een bestand toe."},
    [TEXT_ERROR_TOO_LARGE] = {"That is too large to be sent. Nothing was sent.",
                              "Dat is te groot om te versturen. Er is niets "
                              "verstuurd."},
    [TEXT_ERROR_REPLIES] = {"You have sent many replies in the last hour. "
                            "This one was not sent. Please wait a while and "
                            "send it again.",
                            "U hebt het afgelopen uur veel antwoorden "
                            "verstuurd. Dit antwoord is niet verstuurd. Wacht "
                            "even en verstuur het dan opnieuw."},
    [TEXT_LOCKED_TITLE] = {"Please wait", "Even geduld"},
    [TEXT_LOCKED] = {"There were too many wrong tries. For your safety this "
                     "link is closed for a quarter of an hour. After that you "
                     "can try again.",
                     "Er waren te veel foute pogingen. Voor uw veiligheid is "
                     "deze link een kwartier gesloten. Daarna kunt u het "
                     "opnieuw proberen."},
    [TEXT_UNKNOWN_TITLE] = {"This link does not work", "Deze link werkt niet"},
    [TEXT_UNKNOWN] = {"It may have been copied in part, or closed for safety. "
                      "Please ask the sender to send the message again.",
                      "Misschien is hij niet helemaal overgenomen, of voor de "
                      "veiligheid gesloten. Vraag de afzender het bericht "
                      "opnieuw te sturen."},
    [TEXT_EXPIRED_TITLE] = {"This page is too old", "Deze pagina is te oud"},
    [TEXT_EXPIRED] = {"Please open the link in the mail again. Cookies of this "
                      "page must be allowed.",
                      "Open de link in de e-mail opnieuw. Cookies van deze "
                      "pagina moeten zijn toegestaan."},
    [TEXT_FAULT_TITLE] = {"That did not work", "Dat ging niet goed"},
    [TEXT_FAULT] = {"Nothing was changed. Please try again later.",
                    "Er is niets veranderd. Probeer het later nog eens."},
    [TEXT_ASIDE] = {"This message cannot be shown here. Please ask its sender "
                    "to send it in another form.",
                    "Dit bericht kan hier niet worden getoond. Vraag de "
                    "afzender het in een andere vorm te sturen."},
    [TEXT_BACK] = {"Back", "Terug"},
    [TEXT_NO_SUBJECT] = {"(no subject)", "(geen onderwerp)"},
    [TEXT_FROM] = {"From", "Van"},
    [TEXT_DATE] = {"Date", "Datum"},
    [TEXT_TO] = {"To", "Aan"},
    [TEXT_CC] = {"Cc", "Cc"},
    [TEXT_PARTICIPANTS] = {"Recipients", "Ontvangers"},
    [TEXT_YOU] = {"you", "u"},
    [TEXT_CONTENT] = {"Message", "Bericht"},
    [TEXT_PLAIN_VERSION] = {"Show as plain text", "Toon als platte tekst"},
    [TEXT_GONE] = {"The content of this message is no longer here.",
                   "De inhoud van dit bericht is niet meer beschikbaar."},
    [TEXT_ATTACHMENTS] = {"Attachments", "Bijlagen"},
    [TEXT_REPLY_TITLE] = {"Reply", "Antwoorden"},
    [TEXT_REPLY_HOW] = {"Your reply goes to the sender alone, as safely as "
                        "this message.",
                        "Uw antwoord gaat alleen naar de afzender, even veilig "
                        "als dit bericht."},
    [TEXT_REPLY_TEXT] = {"Your reply", "Uw antwoord"},
    [TEXT_REPLY_FILES] = {"Files to attach", "Bestanden bijvoegen"},
    [TEXT_REPLY_SEND] = {"Send", "Versturen"},
    [TEXT_LEAVE] = {"Close the message", "Bericht sluiten"},
    [TEXT_DOWNLOAD_TITLE] = {"An attachment for you", "Een bijlage voor u"},
    [TEXT_DOWNLOAD] = {"Download", "Downloaden"},
};

static const struct {
    const char *tag, *name;
} languages[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = {"en", "English"},
    [LANGUAGE_DUTCH] = {"nl", "Nederlands"},
};

const char *text_of(enum language language, enum text text)
{
    return texts[text][language];
}

const char *language_tag(enum language language)
{
    return languages[language].tag;
}

const char *language_name(enum language language)
{
    return languages[language].name;
}

bool language_find(const char *tag, enum language *out)
{
    for (int i = 0; tag && i < LANGUAGE_COUNT; i++)
        if (strcmp(languages[i].tag, tag) == 0) {
            *out = (enum language)i;
            return true;
        }
    return false;
}

/* ";q=0.8" in thousandths; 1000 where absent. */
static int weight(struct slice parameters)
{
    struct slice value = slice_trim(parameters);
    struct slice name = slice_trim(slice_cut(&value, '='));
    value = slice_trim(value);
    if (!slice_is_nocase(name, "q") || !value.n)
        return 1000;
    int whole = value.p[0] == '1' ? 1000 : 0, unit = 100;
    for (size_t i = 2; i < value.n && i < 5; i++, unit /= 10)
        if (value.p[i] >= '0' && value.p[i] <= '9')
            whole += unit * (value.p[i] - '0');
    return whole;
}

enum language language_choose(const char *accept)
{
    struct slice rest = slice_of(accept);
    enum language best = LANGUAGE_ENGLISH;
    int best_weight = 0;
    while (rest.n) {
        struct slice parameters = slice_cut(&rest, ',');
        struct slice range = slice_trim(slice_cut(&parameters, ';'));
        struct slice primary = slice_cut(&range, '-');
        int w = weight(parameters);
        for (int i = 0; i < LANGUAGE_COUNT; i++)
            if (slice_is_nocase(primary, languages[i].tag) && w > best_weight) {
                best = (enum language)i;
                best_weight = w;
            }
    }
    return best;
}
