package language

// lists has for each language words that are frequent in it: articles, pronouns,
// prepositions, conjunctions, auxiliary verbs, and the verbs that prompts begin
// with. A word of several languages counts less for each.
var lists = [languages]string{
	english: `the of and to a in is it you that he was for on are with as i his they be at one have this from or had by but what
		some we can out other were all there when up use your how said an each she which do their if will way about many then them write would
		like so these her him has two more could go come did my no get me not please explain give make tell help between does should need want
		who why where than its into only our also because i'm it's don't show list summarize create describe find using any while been being
		hello hi thanks thank good best new code text following question answer list words word`,
	german: `der die das und ist nicht ein eine einen einem einer zu mit für auf den dem des im von ich du er sie es wir ihr mir mich dich dir
		sich auch aber oder wenn wie was wer wo warum wann welche welcher welches dass als bei nach aus um an am zum zur vom so kann können
		kannst soll sollte muss haben hat habe hatte sein sind war waren wird werden wurde noch nur schon mehr sehr über unter zwischen durch
		gegen ohne bis bitte schreibe schreib erkläre gib nenne übersetze fasse erstelle mache zeige mein meine meinen meiner dein deine ihre
		kein keine diese dieser dieses diesen alle alles man hier dann doch denn weil text deutsch hallo danke gibt es geht folgenden`,
	french: `le la les des du de un une et est en que qui dans pour pas sur plus par avec ce cette ces il elle nous vous je tu on au aux ne se
		son sa ses mon ma mes ton ta tes leur leurs mais ou où donc si comme tout tous toute quel quelle quels comment pourquoi quand être avoir
		suis es sommes êtes sont était a ai as ont fait faire peut peux pouvez dois doit faut écris écrire explique expliquez donne donnez
		traduis traduisez résume résumez moi toi lui y sans sous entre chez très bien aussi même ça c'est qu'est l'on d'un d'une bonjour merci
		quelles cet texte suivant phrase français entre rédige rédigez propose liste`,
	spanish: `el la los las un una unos unas de del al y o que en es por para con no se lo le les su sus mi mis tu tus me te nos como más pero
		sin sobre entre hasta desde cuando donde quien cual qué cómo cuándo dónde por qué quién cuál es son está están ser estar fue era hay
		haber ha he han tiene tener hace hacer puede puedes puedo debe debo escribe escriba explica explícame dame traduce resume haz crea
		también muy ya este esta estos estas ese esa eso esto todo todos todas yo él ella ellos usted ustedes nosotros si sí porque hola gracias
		texto siguiente español frase lista necesito quiero cuáles dime`,
	portuguese: `o a os as um uma uns umas de do da dos das e ou que em no na nos nas é por para com não se lhe seu sua seus suas meu minha
		meus minhas teu tua me te como mais mas sem sobre entre até desde quando onde quem qual quais são está estão ser estar foi era há ter
		tem tenho têm faz fazer pode posso podes deve escreva escreve explique explica dê traduza resuma crie faça também muito já este esta
		esse essa isso isto aquele todo todos todas eu ele ela eles elas você vocês nós ao aos à às pelo pela sim porque olá obrigado texto
		seguinte português frase lista preciso quero diga me pra`,
	italian: `il lo la i gli le un uno una di del della dei delle dello degli da dal dalla in nel nella nei con su sul sulla per tra fra e o
		che chi non è sono sei siamo era essere avere ho hai ha abbiamo hanno mi ti si ci vi me te lui lei noi voi loro mio mia miei tuo tua suo
		sua come più ma se quando dove perché cosa quale quali quanto questo questa questi queste quello quella tutto tutti anche molto già solo
		può puoi posso deve fare fai scrivi scrivere spiega spiegami dammi traduci riassumi crea elenca ciao grazie testo seguente italiano frase
		al alla ai alle vorrei dimmi senza`,
	dutch: `de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit naar door over ze zij hij wij we jij je
		jullie ik mij me hem haar ons onze mijn jouw hun die dit deze wat wie waar waarom hoe wanneer welke kan kun kunt kunnen moet moeten zal
		zou wil heb hebt heeft hebben had was waren wordt worden werd geen meer nog al veel zeer tussen onder zonder tot schrijf leg geef vertaal
		vat maak vertel uit alsjeblieft nederlands tekst zin volgende hallo dank dag iets alle alles worden`,
	swedish: `och att det som en ett är av för på med den till inte har de om i var jag du han hon vi ni dem sig mig dig min din sin mitt ditt
		så men eller när hur vad vem varför vilka vilken vilket kan ska skulle måste vill hade från vid över under mellan efter utan mycket mer
		också bara än då här där alla allt detta denna dessa skriv förklara ge översätt sammanfatta skapa berätta gör lista snälla tack hej
		svenska texten meningen följande mellan finns bli blir blev`,
	danish: `og at det som en et er af for på med den til ikke har de om i var jeg du han hun vi dem sig mig dig min din sin mit dit så men
		eller når hvordan hvad hvem hvorfor hvilke hvilken hvilket kan skal skulle må vil havde fra ved over under mellem efter uden meget mere
		også kun end da her der alle alt dette denne disse skriv forklar giv oversæt opsummer lav fortæl gør liste venligst tak hej dansk teksten
		sætningen følgende bliver blev nogle noget hvis af`,
	norwegian: `og at det som en et er av for på med den til ikke har de om i var jeg du han hun vi dem seg meg deg min din sin mitt ditt så
		men eller når hvordan hva hvem hvorfor hvilke hvilken hvilket kan skal skulle må vil hadde fra ved over under mellom etter uten mye mer
		også bare enn da her der alle alt dette denne disse skriv forklar gi oversett oppsummer lag fortell gjør liste vennligst takk hei norsk
		teksten setningen følgende blir ble noen noe hvis av ei`,
	finnish: `ja on ei se että en oli hän mutta ovat kun niin myös kuin tai jos mitä mikä miksi miten kuka missä milloin voi voit voinko
		voisitko olen olet olemme ole minä sinä me te he minun sinun minulle minua tämä tämän tätä nämä ne sen sitä joka jotka jossa mukaan
		kanssa ilman vain vielä jo nyt sitten koska kirjoita selitä anna käännä tiivistä tee kerro luettele kiitos hei suomeksi teksti seuraava
		lause välillä enemmän kaikki paljon hyvä`,
	polish: `i w na z do nie się że jest to o jak za ale po co od przez czy dla tego tylko już tak może być był była było są ma mam masz mi mnie
		ty ja on ona my wy oni jego jej ich mój moja moje twój swoje ten ta te tym tej które który która gdzie kiedy dlaczego kto ile bardzo
		więcej lub oraz między pod nad bez przed napisz wyjaśnij podaj przetłumacz streść zrób opisz stwórz wymień proszę dziękuję cześć polski
		tekst zdanie następujący jakie jaki jaka aby żeby jeśli`,
	czech: `a v na se je že to s z do o jak za ale po co od pro by tak být byl byla bylo jsou jsem jste má mám máš mi mě ty já on ona my vy oni
		jeho její jejich můj moje tvůj svůj ten ta té tím které který která kde kdy proč kdo kolik velmi více nebo mezi pod nad bez před napiš
		vysvětli uveď přelož shrň udělej popiš vytvoř prosím děkuji ahoj česky text věta následující jaké jaký jaká aby když pokud není také jen
		už při než jako`,
	romanian: `și si de la în in cu pe un o este sunt că nu se din pentru care mai ce au fost ca le lui ei sau dar cum când unde de ce cine
		care câte era fi am ai are avem aveți eu tu el ea noi voi meu mea mele tău ta său acest această acestea acesta aceste toate tot foarte
		între fără sub prin până după scrie explică dă tradu rezumă fă creează spune enumeră te rog mulțumesc salut română textul propoziția
		următorul următoarea poți pot poate trebuie vreau dintre despre decât îmi`,
	hungarian: `a az és hogy nem is egy ez meg van de volt csak már még vagy ha mint mi ki hol mikor miért hogyan mit melyik milyen én te ő mi
		ti ők nekem neked engem kell lehet tud tudsz tudok szeretnék kérlek írj írd magyarázd adj fordítsd foglald készíts mondd sorold köszönöm
		szia magyar szöveg mondat következő között nélkül után előtt alatt több nagyon minden ezt azt ezek azok aki ami amely legyen lenne össze
		el le fel szerint között`,
	turkish: `ve bir bu da de için ile çok ne daha olarak gibi var mı mi mu mü ben sen o biz siz onlar bana sana benim senin onun bizim ama veya
		ya ki nasıl neden niçin nerede kim hangi kaç şu her en kadar sonra önce göre değil olan oldu olur olduğunu ise eğer yaz açıkla ver çevir
		özetle yap anlat listele oluştur lütfen teşekkürler merhaba türkçe metin metni cümle cümleyi aşağıdaki arasında arasındaki hakkında nedir
		yok bana istiyorum misin mısın`,
	vietnamese: `và của là có cho không được trong một các những người với để này khi từ đã như về tôi bạn anh chị em nó chúng ta họ ở tại sao
		gì nào đâu bao nhiêu thế như thế nào làm hãy viết giải thích dịch tóm tắt tạo kể liệt kê xin cảm ơn chào tiếng việt văn bản câu sau
		đây giữa nhưng hoặc nếu thì rất nhiều hơn cũng sẽ đang phải cần muốn vì theo ra lại đến trên dưới`,
	indonesian: `yang dan di ini itu dengan untuk tidak dari dalam adalah pada akan saya anda kamu dia kami kita mereka ke juga atau sebagai
		bisa dapat ada oleh karena apa siapa kapan mengapa kenapa bagaimana mana berapa lebih sudah telah belum jika kalau tetapi tapi sangat
		semua antara tanpa tentang tolong tulis tuliskan jelaskan berikan terjemahkan ringkas buat buatkan ceritakan sebutkan terima kasih halo
		bahasa teks kalimat berikut ya agar seperti harus ingin menjadi secara`,
	russian: `и в не на я что он с как это по но из у за от так для вы мы ты они она оно его её их мне меня тебя вас нас мой моя моё твой
		свой этот эта эти тот то же бы был была было были быть есть нет или если когда где почему кто какой какая какие сколько чтобы можно нужно
		может можешь очень более только уже еще ещё между без под над перед после про о об до напиши объясни дай переведи сделай расскажи
		составь опиши перечисли пожалуйста спасибо привет текст следующий предложение русский все всё чем ли`,
	ukrainian: `і в не на я що він з як це по але із у за від так для ви ми ти вони вона воно його її їх мені мене тебе вас нас мій моя моє твій
		свій цей ця ці той то ж би був була було були бути є немає або якщо коли де чому хто який яка які скільки щоб можна треба потрібно може
		можеш дуже більше тільки вже ще між без під над перед після про та й до напиши поясни дай переклади зроби розкажи склади опиши будь
		ласка дякую привіт текст наступний речення українською всі чи`,
	bulgarian: `и в не на аз че той с как това по но от за така вие ние ти те тя то го ми ме теб вас нас мой моя моето твой този тази тези
		онзи е са съм си сме беше бяха да ще се или ако кога къде защо кой коя кое кои какво какъв каква колко може можеш трябва много повече
		само вече още между без под над пред след за до към при напиши обясни дай преведи направи разкажи опиши моля благодаря здравей текст
		следния изречение български всички ли`,
	serbian: `и у је не на ја да он са како то по али из за од тако ви ми ти они она оно га му их мени мене тебе вас нас мој моја твој овај ова
		ово ови тај је сам си смо сте су био била било бити или ако када где зашто ко који која које шта какав колико може можеш треба веома
		више само већ још између без под над пре после до код напиши објасни дај преведи направи испричај опиши молим хвала здраво текст
		следећи реченица српски све`,
	arabic: `في من على إلى عن أن إن هذا هذه التي الذي لا ما هل كان كانت هو هي هم أنا أنت نحن مع أو ثم كل بعد قبل بين عند لم لن قد كيف لماذا متى أين من
		ماذا كم أي لي لك له لها بعض غير حتى إذا لكن يكون تكون يمكن يجب أريد اكتب اشرح أعطني ترجم لخص أنشئ قم أخبرني اذكر شكرا مرحبا نص النص
		الجملة التالي التالية العربية اللغة حول خلال و ذلك تلك أكثر`,
	persian: `و در به از که این را با است برای آن یک خود تا بر هم نیز می شود شد بود هر ما من تو او شما آنها چه چرا چگونه کجا کی چند کدام اگر یا
		اما ولی باید کنید کن کرد دارد دارم داری هست نیست بنویس بنویسید توضیح بده دهید ترجمه خلاصه بگو لطفا ممنون سلام متن جمله زیر فارسی
		بین درباره بدون بعد قبل همه خیلی بیشتر های ها کند چیست`,
	urdu: `اور کے کی میں ہے کا سے کو نے پر کہ یہ وہ ہیں ایک تھا تھی تھے بھی ہو گا گی جو تو ہم آپ تم مجھے میرے میرا میری اس ان کیا کیوں کیسے کہاں کب کون
		کتنے کس نہیں اگر یا لیکن لیے ساتھ بعد پہلے درمیان بغیر کریں کرو کر کرنا لکھیں لکھو بتائیں وضاحت ترجمہ خلاصہ براہ کرم شکریہ متن جملہ
		اردو بارے سب بہت زیادہ دیں سکتا سکتے چاہیے`,
	code: `func def elif const var let null undefined nil async await struct printf println fmt endl iostream stdio std int str bool lambda
		kwargs argv sizeof typeof instanceof div span href src img onclick html css px json xml http https www sudo chmod mkdir grep awk
		curl npm pip docker kubectl git usr bin etc localhost self impl mut fn pub enum interface extends implements void char float double
		boolean uint int32 int64 uint8 println console log len err ctx foo bar baz tmp idx args argc main numpy np pd df import return
		public private static function string else print endif fi esac varchar select insert update delete join where null group order
		by values table primary key true false none throw throws catch try except finally elif println require module exports package
		namespace template vector include define ifdef endif using println echo cd ls cat rm cp mv apt yum yaml toml localhost config env`,
}

// letters has letters that few languages write with.
var letters = [languages]string{
	german: "ßäöü", french: "çœêîûèàù", spanish: "ñáíóúé", portuguese: "ãõçâêá", italian: "èòàìù", swedish: "åäö", danish: "æøå",
	norwegian: "æøå", finnish: "äö", polish: "łąężźśćń", czech: "řůěčšžý", romanian: "ăâîșțşţ", hungarian: "őűöüóáé", turkish: "ığşçöü",
	vietnamese: "đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹăâêô",
	russian:    "ыэёъ", ukrainian: "іїєґ", bulgarian: "ъ", serbian: "ђјљњћџ",
	arabic: "ةىأإؤئ", persian: "پچژگیک", urdu: "ٹڈڑںےہھ",
}
